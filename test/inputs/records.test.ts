import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { run, tempFolder } from '../cli/run.ts'
import { failure, jsonLines, outputsOf, stream, USER_ID } from './program.ts'
import { smallShop, textOf, train, type SmallShop } from './small-shop.ts'

const folder = tempFolder()
let shop: SmallShop
const at = (name: string): string => join(folder, name)

/** An event of our own form, with the one thing that is wrong about it. */
const order = (wrong: object): string =>
  JSON.stringify({
    eventId: 'bad',
    userId: 'u-00001',
    eventTime: Date.UTC(2025, 0, 5),
    kind: 'order_completed',
    orderId: 'o',
    amountMinor: 100,
    currency: 'EUR',
    ...wrong,
  })
const amount = (text: string): string => order({}).replace('"amountMinor":100', `"amountMinor":${text}`)

const BIG = `{"eventId":"big","userId":"u-00001","session":"${'x'.repeat(10 * 1024 * 1024)}"}`

/** What is wrong, the bytes of the line, the reason, and what its detail names. */
const BAD: readonly (readonly [what: string, line: string | Buffer, reason: string, detail: string])[] = [
  ['a broken line', '{"eventId":"e', 'not-json', 'not JSON'],
  ['a line of 10 MB', BIG, 'too-large', `${BIG.length} bytes`],
  ['a price that is no number', amount('NaN'), 'not-json', 'NaN'],
  ['an infinite price', amount('1e400'), 'bad-value', 'amountMinor: Infinity'],
  ['a negative price', amount('-100'), 'bad-value', 'amountMinor: -100'],
  ['a price with decimals', amount('0.5'), 'bad-value', 'amountMinor: 0.5'],
  ['a price as text', amount('"100"'), 'bad-value', 'amountMinor: "100"'],
  ['a date of 1970', order({ eventTime: 0 }), 'past', 'eventTime: 0 lies before 2000-01-01'],
  [
    'a date of 2999',
    order({ eventTime: Date.UTC(2999, 0, 1) }),
    'future',
    'eventTime: 32472144000000 lies after',
  ],
  [
    'seconds for milliseconds',
    order({ eventTime: 1_736_035_200 }),
    'past',
    'eventTime: 1736035200 lies before',
  ],
  ['an empty user', order({ userId: '' }), 'bad-value', 'userId: a text of 0 characters'],
  ['no user', order({ userId: undefined }), 'missing-field', 'userId'],
  ['an unknown field', order({ colour: 'red' }), 'unknown-field', '"colour"'],
  ['an unknown kind', order({ kind: 'danced' }), 'unknown-kind', '"danced"'],
  ['bytes that are not UTF-8', Buffer.from(order({ brand: 'caf\u00e9' }), 'latin1'), 'not-utf8', 'UTF-8'],
]

/** The good lines with a bad one behind every tenth. */
function mixed(): Buffer {
  const bad = BAD.map(([, line]) => Buffer.from(line))
  const lines = shop.lines.flatMap((line, i) => {
    const behind = i % 10 === 9 ? bad[(i - 9) / 10] : undefined
    return behind ? [Buffer.from(line), behind] : [Buffer.from(line)]
  })
  return Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]))
}

const lineOf = (i: number): number => 10 * (i + 1) + i + 1
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

beforeAll(async () => {
  shop = await smallShop(folder)
  writeFileSync(at('mixed.ndjson'), mixed())
})

describe('lines that cannot be read, among good ones', () => {
  let letters: Record<string, unknown>[]
  let said: string

  beforeAll(async () => {
    const { out, err } = await stream(0, at('mixed.ndjson'), '--model', shop.model, '--state', at('mixed'))
    said = out + err
    letters = jsonLines(outputsOf(at('mixed')).refused)
  })

  it.each(BAD.map(([what, line, reason, detail], i) => ({ what, line, reason, detail, i })))(
    '$what is a dead letter that says so, with its place and its bytes',
    ({ line, reason, detail, i }) => {
      const letter = letters[i]
      const bytes = Buffer.from(line)
      expect(letter).toMatchObject({ reason, file: 'mixed.ndjson', line: lineOf(i), size: bytes.length })
      expect(letter?.['detail']).toContain(detail)
      const kept = Buffer.from(letter?.['bytes'] as string, 'base64')
      if (letter?.['sha256'] === null) expect(kept).toEqual(bytes)
      else {
        expect(letter?.['sha256']).toBe(sha256(line as string))
        expect(kept).toEqual(bytes.subarray(0, 4096))
      }
    },
  )

  it('change nothing about the others', async () => {
    await stream(0, shop.path, '--model', shop.model, '--state', at('good'))
    const moves = (dir: string): unknown[] =>
      jsonLines(outputsOf(at(dir)).changed).map(({ sourceTopic: _t, sourceOffset: _o, ...move }) => move)
    expect(moves('mixed')).toEqual(moves('good'))
    expect(outputsOf(at('mixed')).segments).toBe(outputsOf(at('good')).segments)
  })

  it('are counted, and no user is named', () => {
    expect(letters).toHaveLength(BAD.length)
    expect(said).toContain(`${BAD.length} refused`)
    expect(said).not.toMatch(USER_ID)
    for (const { detail } of letters) expect(detail).not.toMatch(USER_ID)
  })
})

describe('a file that is mostly something else', () => {
  it('is read to its end, and the exit code says it, again and again', async () => {
    const bad = Array.from({ length: Math.ceil(shop.lines.length / 15) }, () => 'not an event')
    writeFileSync(at('bad.ndjson'), textOf([...shop.lines, ...bad]))
    const args = ['stream', at('bad.ndjson'), '--model', shop.model, '--state', at('bad')]
    const parts = [`${bad.length} of `, 'records were refused, more than 5 %', 'dead-letter.ndjson']
    for (let time = 0; time < 2; time++) {
      expect(failure(await run(args), parts)).toEqual({ code: 3, missing: [], said: '' })
    }
    expect(jsonLines(outputsOf(at('bad')).refused)).toHaveLength(bad.length)
    expect(outputsOf(at('bad')).changed).toContain('"cause":"first"')
  })
})

describe('a CSV file', () => {
  const header = 'event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session'
  const row = (minute: number, price: string): string =>
    `2019-10-01 00:${String(minute).padStart(2, '0')}:00 UTC,view,1,2,a.b,c,${price},7,s`

  it('with other columns than its header, or prices that are none, loses only those lines', async () => {
    const bad = [
      'a,b,c',
      `${row(1, '1.00')},more`,
      row(2, 'NaN'),
      row(3, 'Infinity'),
      row(4, '"12'),
      row(5, 'twelve'),
    ]
    const good = Array.from({ length: 55 }, (_, i) => row(i, '9.99'))
    writeFileSync(at('shop.csv'), textOf([header, ...bad, ...good]))
    await train(shop.path, at('seed'), '--feature-set', 'seed')
    const how = ['--mapping', 'rees46', '--model', at('seed'), '--state', at('csv')]
    await run(['stream', at('shop.csv'), ...how])
    const letters = jsonLines(outputsOf(at('csv')).refused)
    expect(letters.map((l) => [l['line'], l['reason']])).toEqual([
      [2, 'not-csv'],
      [3, 'not-csv'],
      [4, 'bad-value'],
      [5, 'bad-value'],
      [6, 'not-csv'],
      [7, 'bad-value'],
    ])
    expect(letters[0]?.['detail']).toContain('3 fields, the header has 9')
  })
})
