import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { ROOT, run, tempFolder } from '../cli/run.ts'

// Mappings drafted from files as they were published, against the built-in ones, which people wrote for them.
const DATA = resolve(ROOT, '../shared/data')
const REES46 = join(DATA, 'clickstream/rees46_2019-10-01_first_170min.csv.gz')
const INVOICES = join(DATA, 'orders/online_retail.csv.gz')
const SESSIONS = join(DATA, 'clickstream/otto_20_sessions.jsonl.gz')
const HERE = [REES46, INVOICES, SESSIONS].every((path) => existsSync(path))

const folder = tempFolder()

it.runIf(!HERE)('the published files are not here: drafts are not compared', ({ skip }) =>
  skip(`${DATA} lacks them`),
)

/** Drafts a mapping and reads the whole file by it. */
async function drafted(file: string, ...hints: string[]): Promise<Record<string, unknown>> {
  const mapping = join(folder, 'draft.yaml')
  expect(await run(['mapping', 'draft', file, ...hints, '--out', mapping])).toMatchObject({ code: 0 })
  return checked(mapping, file)
}

async function checked(mapping: string, file: string): Promise<Record<string, unknown>> {
  const { code, out, err } = await run(['mapping', 'check', mapping, file, '--show', '1000', '--json'])
  expect(err).toBe('')
  expect(code).toBe(0)
  return JSON.parse(out) as Record<string, unknown>
}

describe.runIf(HERE)('a draft, and the mapping that a person wrote', () => {
  test('a clickstream: the same events', { timeout: 120_000 }, async () => {
    expect(await drafted(REES46, '--currency', 'USD')).toEqual(await checked('rees46', REES46))
  })

  test(
    'invoices of many lines: the same events but for what only its maker knew',
    { timeout: 240_000 },
    async () => {
      const { shown: _, ...account } = await drafted(INVOICES, '--currency', 'GBP', '--zone', 'Europe/London')
      // Adjustments (3 lines, without customers) and lines without a price (40, of which 4 stand alone on their invoice) have no
      // sign in the file: the built-in mapping skips them by name.
      expect(account).toEqual({
        read: 541_909,
        events: 22_186 + 4,
        joined: 384_603 + 36,
        skipped: { 'no-user': 135_077 + 3 },
        refused: {},
      })
    },
  )

  test('sessions with lists of events are no records, and the draft says how they become some', async () => {
    const { code, err } = await run(['mapping', 'draft', SESSIONS])
    expect(code).toBe(3)
    expect(err).toContain(`jq -c '(del(.events)) + .events[]'`)
  })
})
