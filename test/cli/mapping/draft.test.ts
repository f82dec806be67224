import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { parse } from 'yaml'
import { checkMapping } from '../../../src/cli/mapping-check.ts'
import { draft } from '../../../src/cli/mapping-draft.ts'
import type { Cli } from '../../../src/cli/cli.ts'
import type { Account } from '../../../src/app/ingest.ts'
import type { Event } from '../../../src/domain/events/event.ts'
import { tempFolder } from '../run.ts'
import { WRITTEN } from './dialects.ts'
import type { Written } from './written.ts'

const folder = tempFolder()
const place = (name: string, bytes: Uint8Array | string): string => {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

function listening(): { cli: Cli; out: string[]; notes: string[] } {
  const out: string[] = []
  const notes: string[] = []
  const cli = {
    print: (text: string) => Promise.resolve(void out.push(text)),
    note: (text: string) => void notes.push(text),
    progress: () => undefined,
  }
  return { cli: cli as unknown as Cli, out, notes }
}

interface Checked extends Account {
  readonly shown: { readonly events: Event[]; readonly rejects: { line: number; detail: string }[] }
}

/** Drafts from a file, and checks the file by the draft. */
async function drafted({
  name,
  bytes,
  hints,
}: Pick<Written, 'name' | 'bytes' | 'hints'>): Promise<{ text: string; checked: Checked }> {
  const input = place(name, bytes)
  const out = join(folder, `${name}.yaml`)
  await draft(listening().cli, input, { out, ...hints })
  const { cli, out: printed } = listening()
  await checkMapping(cli, out, [input], { show: 100, json: true })
  return { text: readFileSync(out, 'utf8'), checked: JSON.parse(printed[0] ?? '') as Checked }
}

describe('a draft works at once, and says what it found', () => {
  it.each(WRITTEN)('$name', async (written) => {
    const { text, checked } = await drafted(written)
    expect(parse(text)).toMatchObject(written.mapping)
    const comments = text.replaceAll(/\n *# +/g, ' ')
    for (const words of written.says ?? []) expect(comments).toContain(words)
    expect(checked.shown.events).toMatchObject(written.events)
    expect(checked.events).toBe(written.events.length)
    expect(checked.refused).toEqual({})
  })

  test('the files are twenty and more, each of a form of its own', () => {
    expect(new Set(WRITTEN.map(({ name }) => name)).size).toBe(WRITTEN.length)
    expect(WRITTEN.length).toBeGreaterThanOrEqual(20)
  })
})

describe('what a draft cannot know is named, and nothing is guessed', () => {
  const told = async (name: string, text: string): Promise<{ text: string; notes: string }> => {
    const { cli, out, notes } = listening()
    await draft(cli, place(name, text), { out: '-' })
    return { text: out.join('\n'), notes: notes.join('\n') }
  }

  test('the currency of amounts', async () => {
    const { text, notes } = await told(
      'bare.csv',
      'order_id,date,customer,total\n1,2025-01-01T00:00:00Z,a,5.00\n2,2025-01-01T00:00:00Z,b,6.00\n',
    )
    expect(parse(text)).toMatchObject({ currency: 'FILL IN' })
    expect(notes).toMatch(/to be filled in: currency: .*ISO 4217/)
    await expect(
      checkMapping(listening().cli, place('bare.yaml', text), [join(folder, 'bare.csv')], { show: 5 }),
    ).rejects.toMatchObject({
      code: 'mapping-invalid',
      message: expect.stringContaining('currency') as string,
    })
  })

  test('amounts in cents are not read a hundred times too large', async () => {
    const { notes } = await told(
      'cents.csv',
      'order_id,date,customer,total_cents,currency\n1,2025-01-01T00:00:00Z,a,500,EUR\n',
    )
    expect(notes).toContain('"total_cents" seems to count cents')
  })

  test('who and when, where no name tells', async () => {
    const { text, notes } = await told('nameless.csv', 'colour,size\nred,4\nblue,5\n')
    expect(parse(text)).toMatchObject({ user: 'FILL IN', time: { field: 'FILL IN', format: 'FILL IN' } })
    expect(notes).toMatch(/user: .*time\.field: /s)
  })

  test.each([
    ['no-header.csv', '1,2025-01-01,5\n2,2025-01-02,6\n', 'no line of names stands at its top'],
    [
      'events.ndjson',
      '{"user":1,"events":[{"ts":1661724000278,"type":"view"}]}\n{"user":2,"events":[]}\n',
      'holds a list "events" of events',
    ],
    [
      'native.ndjson',
      '{"eventId":"e","userId":"u","eventTime":1735689600000,"kind":"page_viewed"}\n',
      'events in our own form already',
    ],
    ['empty.csv', 'user,time\n', 'there is no record to look at'],
    ['nothing.csv', '', 'no line of names stands at its top'],
  ])('%s: %s', async (name, text, message) => {
    await expect(draft(listening().cli, place(name, text), { out: '-' })).rejects.toMatchObject({
      code: 'check-failed',
      message: expect.stringContaining(message) as string,
    })
  })

  test.each([
    [{ out: '-', currency: 'EURO' }, 'usage'],
    [{ out: '-', zone: 'Mars/Base' }, /./],
  ])('hints are checked: %j', async (flags, code) => {
    await expect(
      draft(listening().cli, place('hint.csv', 'user,time\na,2025-01-01\n'), flags),
    ).rejects.toMatchObject({
      code: expect.stringMatching(code) as string,
    })
  })
})

describe('a check shows what is refused', () => {
  const MAPPING = JSON.stringify({
    name: 'm',
    version: 1,
    format: 'csv',
    user: 'u',
    time: { field: 't', format: 'iso' },
    kind: { constant: 'order_completed' },
    eventId: 'i',
    amount: { field: 'a' },
    currency: 'EUR',
    orderId: 'i',
  })
  const FILE =
    'i,u,t,a\n1,a,2025-01-01T00:00:00Z,5.00\n2,b,yesterday,6.00\n3,c,2025-01-01T00:00:00Z,lots\n4,d,2025-01-01T00:00:00Z\n'

  test('with line, field and value, counted by reason, and ends with 3', async () => {
    const { cli, out, notes } = listening()
    const paths = [place('bad.csv', FILE)]
    await expect(checkMapping(cli, place('bad.json', MAPPING), paths, { show: 5 })).rejects.toMatchObject({
      code: 'check-failed',
    })
    expect(out.map((line) => JSON.parse(line) as Event)).toMatchObject([{ userId: 'a', amountMinor: 500 }])
    const said = notes.join('\n')
    expect(said).toMatch(/bad\.csv:3 t \(time\): "yesterday"/)
    expect(said).toMatch(/bad\.csv:4 a \(amount\): "lots"/)
    expect(said).toMatch(/refused, not-csv: 1\n.*bad\.csv:5 the record has 3 fields, the header has 4/)
    expect(said).toContain('4 records: 1 event')
  })

  test('no more than asked for', async () => {
    const many = `i,u,t,a\n${Array.from({ length: 9 }, (_, i) => `${i},a,never,1\n`).join('')}`
    const { cli, out } = listening()
    const checking = checkMapping(cli, place('many.json', MAPPING), [place('many.csv', many)], {
      show: 2,
      json: true,
    })
    await expect(checking).rejects.toMatchObject({
      message: expect.stringContaining('9 records of 9 refused') as string,
    })
    const { shown, refused } = JSON.parse(out[0] ?? '') as Checked
    expect(shown.rejects).toHaveLength(2)
    expect(refused).toEqual({ 'bad-time': 9 })
  })
})
