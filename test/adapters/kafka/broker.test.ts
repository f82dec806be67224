import { beforeEach } from 'vitest'
import { adminTests } from './admin-tests.ts'
import { conformanceTests } from './conformance.ts'
import { outletTests } from './outlet-tests.ts'
import { place } from './place.ts'
import { sourceTests } from './source-tests.ts'
import { streamTests } from './stream-tests.ts'

// all that needs a broker is in this one file, so that one is started
const here = place()

beforeEach((context) => {
  context.skip(here.missing !== undefined, here.missing)
})

conformanceTests(here)
adminTests(here)
outletTests(here)
sourceTests(here)
streamTests(here)
