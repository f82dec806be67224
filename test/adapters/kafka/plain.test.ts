import { beforeEach } from 'vitest'
import { REPAIRS, type Repair } from '../../../src/adapters/kafka/repairs.ts'
import { conformanceTests } from './conformance.ts'
import { place } from './place.ts'
import { sourceTests } from './source-tests.ts'

// the same without the repairs that only save work: read before kafkajs is loaded, once in a process
process.env['SEGMENTATION_KAFKA_REPAIRS_OFF'] = Object.entries<Repair>(REPAIRS)
  .flatMap(([name, { speedOnly }]) => (speedOnly === true ? [name] : []))
  .join(',')

const here = place()

beforeEach((context) => {
  context.skip(here.missing !== undefined, here.missing)
})

conformanceTests(here)
sourceTests(here)
