import { describe, expect, it } from 'vitest'
import type { Bad } from './bad.ts'
import { BUNDLES, FEATURE_SETS, STATES } from './declared.ts'
import { FILES, LINES } from './files.ts'
import { MAPPINGS } from './mappings.ts'
import { EVENTS, RECORDS, VALUES } from './values.ts'

const ALL: Readonly<Record<string, readonly Bad[]>> = {
  files: FILES,
  lines: LINES,
  values: VALUES,
  records: RECORDS,
  events: EVENTS,
  mappings: MAPPINGS,
  'feature sets': FEATURE_SETS,
  bundles: BUNDLES,
  'run folders': STATES,
}
const KINDS_MIN = 80

describe.each(Object.entries(ALL))('%s', (_subject, rows) => {
  it.each(rows)('$what', async ({ outcome, says }) => {
    expect(await outcome()).toBe(says)
  })
})

it(`are at least ${KINDS_MIN} kinds, each told apart by its name`, () => {
  const names = Object.entries(ALL).flatMap(([subject, rows]) =>
    rows.map(({ what }) => `${subject}: ${what}`),
  )
  expect(names.length).toBeGreaterThanOrEqual(KINDS_MIN)
  expect(new Set(names).size).toBe(names.length)
})
