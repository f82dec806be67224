import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Writable } from 'node:stream'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FileSource } from '../../src/adapters/files/file-source.ts'
import { LineWriter } from '../../src/adapters/files/line-writer.ts'
import { loadMapping } from '../../src/cli/declarations.ts'
import { makeDecoder } from '../../src/app/decode.ts'
import { eventLines } from '../../src/app/event-lines.ts'
import { ingest } from '../../src/app/ingest.ts'
import type { Account, IngestInput } from '../../src/app/ingest.ts'
import type { Event } from '../../src/domain/events/event.ts'
import { parseMapping } from '../../src/domain/events/mapping.ts'
import { realClock } from '../support/clock.ts'
import { MemorySource } from '../support/memory-source.ts'

const LATEST = Date.UTC(2025, 0, 1)
const REES46 = resolve(
  import.meta.dirname,
  '../../../shared/data/clickstream/rees46_2019-10-01_first_170min.csv.gz',
)

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ingest-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

const stdout = new Writable({ write: (_chunk, _encoding, done) => done() })

async function ingestCsv(path: string, out: string): Promise<Account> {
  const source = new FileSource({ inputs: [{ topic: path, path, format: 'csv' }], clock: realClock })
  const columns = await source.columns(path)
  const decode = makeDecoder({ format: 'csv', mapping: loadMapping('rees46'), columns })
  const input: IngestInput = { topic: path, source, decode, lineOf: (offset) => source.lineOf(path, offset) }
  const events = new LineWriter(out, { stdout, evenEmpty: true })
  const deadLetters = new LineWriter(`${out}.dead-letter.ndjson`, { stdout })
  const account = await ingest({ inputs: [input], events: eventLines(events), deadLetters, latestMs: LATEST })
  await events.close()
  await deadLetters.close()
  await source.close()
  return account
}

const HEADER = 'event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session\n'
const ROW = '2019-10-01 00:00:00 UTC,view,1,2,a.b,c,3.50,u1,s1\n'

test('every record is an event, skipped or refused; refused ones keep their bytes and their line', async () => {
  const path = join(dir, 'clicks.csv')
  const quoted = ROW.replace('a.b', '"a\nb"')
  writeFileSync(path, `${HEADER}${ROW}\n${quoted}broken\n${ROW.replace('u1', '')}${ROW}`)
  const out = join(dir, 'events.ndjson')
  const account = await ingestCsv(path, out)
  expect(account).toEqual({
    read: 5,
    events: 3,
    joined: 0,
    skipped: {},
    refused: { 'missing-field': 1, 'not-csv': 1 },
  })
  const events = readFileSync(out, 'utf8').trim().split('\n')
  expect(events).toHaveLength(3)
  expect(events[0]).toMatch(
    /^\{"eventId":"[0-9a-f]{13}-0","userId":"u1","eventTime":1569888000000,"kind":"product_viewed","session":"s1",/,
  )
  const letters = readFileSync(`${out}.dead-letter.ndjson`, 'utf8').trim().split('\n')
  expect(JSON.parse(letters[0] as string)).toEqual({
    reason: 'not-csv',
    detail: 'the record has 1 fields, the header has 9',
    file: path,
    line: 6,
    offset: 2,
    size: 6,
    sha256: null,
    key: null,
    bytes: Buffer.from('broken').toString('base64'),
  })
  expect(JSON.parse(letters[1] as string)).toMatchObject({ reason: 'missing-field', line: 7, offset: 3 })
})

test('where nothing was refused there is no file of dead letters, nor one from before', async () => {
  const path = join(dir, 'clicks.csv')
  writeFileSync(path, HEADER + ROW)
  const out = join(dir, 'events.ndjson.gz')
  writeFileSync(`${out}.dead-letter.ndjson`, 'from before')
  await ingestCsv(path, out)
  expect(readdirSync(dir).sort()).toEqual(['clicks.csv', 'events.ndjson.gz'])
  expect(gunzipSync(readFileSync(out)).toString()).toMatch(/^\{"eventId".*\}\n$/)
})

test('events can be read again as they are: writing is the reverse of the native form', async () => {
  const path = join(dir, 'clicks.csv')
  writeFileSync(path, HEADER + ROW + ROW.replace('view', 'purchase'))
  const out = join(dir, 'events.ndjson')
  await ingestCsv(path, out)
  const written = readFileSync(out, 'utf8')
  const lines: string[] = []
  const source = new MemorySource({ t: written.trim().split('\n') }).end('t')
  const again = { write: (text: string) => Promise.resolve(void lines.push(text)) }
  const input: IngestInput = {
    topic: 't',
    source,
    decode: makeDecoder({ format: 'ndjson' }),
    lineOf: () => 1,
  }
  await ingest({ inputs: [input], events: eventLines(again), deadLetters: again, latestMs: LATEST })
  expect(lines.join('')).toBe(written)
})

test('lines become orders across pieces and inputs; the last ones leave at the end', async () => {
  const mapping = parseMapping(
    {
      name: 'lines',
      version: 1,
      format: 'ndjson',
      user: 'user',
      time: { field: 'at', format: 'epoch-ms' },
      kind: { constant: 'order_completed' },
      eventId: { hash: 'record' },
      orderId: 'order',
      product: 'sku',
      amount: { field: 'price' },
      currency: 'EUR',
      join: { by: 'order' },
    },
    'lines',
  )
  const T = Date.UTC(2024, 0, 31)
  const line = (order: string, minutes: number): string =>
    JSON.stringify({ user: 'u', at: T + minutes * 60_000, order, sku: 's', price: '1.00' })
  const input = (topic: string, records: string[]): IngestInput => ({
    topic,
    source: new MemorySource({ [topic]: records }).end(topic),
    decode: makeDecoder({ format: 'ndjson', mapping, joins: true }),
    lineOf: () => 1,
  })
  const orders: Event[] = []
  let letters = ''
  const account = await ingest({
    inputs: [
      input('a', [line('1', 0), line('2', 1)]),
      input('b', [line('2', 2), line('3', 20), line('1', 20), line('3', 21)]),
    ],
    events: { write: (events) => Promise.resolve(void orders.push(...events)) },
    deadLetters: { write: (text) => Promise.resolve(void (letters += text)) },
    latestMs: LATEST,
  })
  expect(account).toEqual({ read: 6, events: 3, joined: 2, skipped: {}, refused: { 'late-line': 1 } })
  expect(orders.map((order) => [order.orderId, order.amountMinor])).toEqual([
    ['1', 100],
    ['2', 200],
    ['3', 200],
  ])
  expect(JSON.parse(letters)).toMatchObject({ reason: 'late-line', file: 'b', offset: 2 })
})

test('inputs come one after the other, progress in between', async () => {
  const decode: IngestInput['decode'] = () => ({ type: 'skipped', reason: 'tired' })
  const input = (topic: string): IngestInput => ({
    topic,
    source: new MemorySource({ [topic]: ['1', '2'] }).end(topic),
    decode,
    lineOf: () => undefined,
  })
  const seen: number[] = []
  const none = { write: () => Promise.resolve() }
  const onProgress = ({ read }: Account): void => void seen.push(read)
  const account = await ingest({
    inputs: [input('a'), input('b')],
    events: none,
    deadLetters: none,
    latestMs: LATEST,
    onProgress,
  })
  expect(account).toEqual({ read: 4, events: 0, joined: 0, skipped: { tired: 4 }, refused: {} })
  expect(seen).toEqual([2, 4])
})

test.skipIf(!existsSync(REES46))('the real clickstream: 17,434 rows, every one an event', async () => {
  const out = join(dir, 'events.ndjson')
  const account = await ingestCsv(REES46, out)
  expect(account).toEqual({ read: 17_434, events: 17_434, joined: 0, skipped: {}, refused: {} })
  expect(readFileSync(out, 'utf8').split('\n')).toHaveLength(17_435)
})
