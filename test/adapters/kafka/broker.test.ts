import { beforeEach } from 'vitest'
import { conformanceTests } from './conformance.ts'
import { place } from './place.ts'

// all that needs a broker is in this one file, so that one is started
const here = place()

beforeEach((context) => {
  context.skip(here.missing !== undefined, here.missing)
})

conformanceTests(here)
