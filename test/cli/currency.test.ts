import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { run, tempFolder, type Run } from './run.ts'

const folder = tempFolder()
const at = (name: string): string => join(folder, name)
const asOf = ['--as-of', '2025-02-01']
const START = Date.UTC(2025, 0, 1)
/** Users of the shop; each orders once a day for five days, the i-th for i + 1 units a time. */
const USERS = 8
const DAYS = 5

/** One order of each user a day; `currencyOf` the n-th record. */
function shop(name: string, currencyOf: (n: number) => string | undefined): string {
  const lines: string[] = []
  for (let n = 0; n < USERS * DAYS; n++) {
    const user = n % USERS
    const currency = currencyOf(n)
    lines.push(
      JSON.stringify({
        eventId: `e${n}`,
        userId: `u-${user}`,
        eventTime: START + n * 3_600_000,
        ...(currency === undefined
          ? { kind: 'page_viewed' }
          : { kind: 'order_completed', orderId: `o${n}`, amountMinor: 100 * (user + 1), currency }),
      }),
    )
  }
  writeFileSync(at(name), `${lines.join('\n')}\n`)
  return at(name)
}

async function done(...args: string[]): Promise<Run> {
  const result = await run(args)
  expect({ code: result.code, err: result.code === 0 ? '' : result.err }).toEqual({ code: 0, err: '' })
  return result
}

/** Sum of the column `total_spent`. */
function spent(csv: string): number {
  const [head, ...rows] = csv.trim().split('\n')
  const column = (head as string).split(',').indexOf('total_spent')
  return rows.reduce((sum, row) => sum + Number(row.split(',')[column]), 0)
}

const currencyIn = (dir: string): unknown =>
  (JSON.parse(readFileSync(join(dir, 'model.json'), 'utf8')) as { training: { currency: unknown } }).training
    .currency

async function train(events: string, out: string, ...more: string[]): Promise<Run> {
  return run(['train', '--events', events, ...asOf, '--k', '2', '--components', '1', ...more, '--out', out])
}

/** Euros; but for the second of the orders. */
const SECOND = (n: number): string => (n === 1 ? 'JPY' : 'EUR')
let euros: string
let yen: string
let mixed: string
let silent: string

beforeAll(async () => {
  euros = shop('euros.ndjson', () => 'EUR')
  yen = shop('yen.ndjson', () => 'JPY')
  mixed = shop('mixed.ndjson', SECOND)
  silent = shop('silent.ndjson', () => undefined)
  for (const [events, out] of [
    [euros, 'in-euros'],
    [yen, 'in-yen'],
    [silent, 'in-none'],
  ] as const) {
    const { code, err } = await train(events, at(out), '--min-events', '1')
    expect({ out, code, err: code === 0 ? '' : err }).toEqual({ out, code: 0, err: '' })
  }
})

describe('features', () => {
  it('adds amounts in the currency that comes first; others are left out, and said', async () => {
    const { out, err } = await done('features', '--events', mixed, ...asOf)
    expect(spent(out)).toBe(spent((await done('features', '--events', euros, ...asOf)).out) - 2)
    expect(err).toContain('unknown-currency: 1')
    expect(err).toContain('mixed.ndjson:2 currency: "JPY" is not EUR')
    expect(err).toContain('amounts are read in EUR only, 1 record with another currency left out')
  })

  it('adds amounts in the currency that is given', async () => {
    const { code, out, err } = await run([
      'features',
      '--events',
      mixed,
      ...asOf,
      '--currency',
      'JPY',
      '--json',
    ])
    expect(code).toBe(3)
    expect(JSON.parse(out)).toMatchObject({
      currency: 'JPY',
      rejects: { 'unknown-currency': USERS * DAYS - 1 },
    })
    expect(err).toContain('amounts are read in JPY only, 39 records with another currency left out')
  })

  it('knows no currency where there is no amount', async () => {
    const { out } = await done('features', '--events', silent, ...asOf, '--json')
    expect(JSON.parse(out)).toMatchObject({ currency: null, rejects: {} })
  })

  it.each(['eur', 'EURO', '', '978'])('--currency %j is wrong usage', async (code) => {
    const { code: exit, err } = await run(['features', '--events', euros, ...asOf, '--currency', code])
    expect(exit).toBe(2)
    expect(err).toContain('Expected an ISO 4217 code')
  })

  it('asks for the currency where standard input lies beside files: which is first would hang on the pipe', async () => {
    const { code, err } = await run(['features', '--events', euros, '-', ...asOf])
    expect(code).toBe(2)
    expect(err).toContain('give --currency')
    await done('features', '--events', euros, '-', ...asOf, '--currency', 'EUR')
  })
})

describe('train', () => {
  it('records the currency in bundle and card', async () => {
    expect(currencyIn(at('in-euros'))).toBe('EUR')
    expect(readFileSync(at('in-euros/card.md'), 'utf8')).toContain('| currency | EUR |')
    expect(currencyIn(at('in-none'))).toBe(null)
    expect(readFileSync(at('in-none/card.md'), 'utf8')).toContain('| currency | none known |')
  })

  it('trains on nothing where more than 5 % are in another', async () => {
    const { code, err } = await train(mixed, at('never'), '--currency', 'JPY')
    expect(code).toBe(3)
    expect(err).toContain('✗ 39 of 40 records were refused, more than 5 %')
  })

  it('does not know that of a table, and takes it by --currency', async () => {
    const options = ['--features', at('f.csv'), '--k', '2', '--components', '1']
    await done('features', '--events', yen, ...asOf, '--out', at('f.csv'))
    await done('train', ...options, '--out', at('table'))
    expect(currencyIn(at('table'))).toBe(null)
    await done('train', ...options, '--currency', 'JPY', '--out', at('table'))
    expect(currencyIn(at('table'))).toBe('JPY')
  })
})

describe('stream', () => {
  const configOf = (dir: string): { currency: string } =>
    JSON.parse(readFileSync(join(dir, 'config.json'), 'utf8')) as { currency: string }

  const rees46 = (name: string): string => {
    const header =
      'event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session'
    writeFileSync(at(name), `${header}\n2019-10-01 00:00:00 UTC,view,1,2,a.b,c,3.50,7,s1\n`)
    return at(name)
  }

  it.each([
    ['as asked, whatever the bundle says', ['--model', 'in-yen', '--currency', 'EUR'], 'EUR'],
    ['else the bundle’s', ['--model', 'in-yen'], 'JPY'],
    ['else euros', ['--model', 'in-none'], 'EUR'],
  ])('reads one currency: %s', async (name, [flag, model, ...more], currency) => {
    const dir = at(`run ${name}`)
    const events = currency === 'EUR' ? euros : yen
    const { err } = await done('stream', events, flag as string, at(model as string), ...more, '--state', dir)
    expect(configOf(dir).currency).toBe(currency)
    const differs = model === 'in-yen' && currency === 'EUR'
    expect(err).toBe(differs ? 'the bundle was trained on amounts in JPY, this run reads EUR\n' : '')
  })

  it('reads that of the mapping before the bundle’s, and refuses to be told another', async () => {
    const args = ['stream', rees46('clicks.csv'), '--mapping', 'rees46', '--model', at('in-euros')]
    const { err } = await done(...args, '--state', at('mapped'))
    expect(configOf(at('mapped')).currency).toBe('USD')
    expect(err).toContain('trained on amounts in EUR, this run reads USD')
    const other = await run([...args, '--currency', 'EUR', '--state', at('refused')])
    expect(other.code).toBe(2)
    expect(other.err).toContain('--currency: EUR, but mapping rees46 (input clicks.csv) says USD')
    await done(...args, '--currency', 'USD', '--state', at('refused'))
  })

  it('refuses the others, and keeps them', async () => {
    const { out, err } = await done(
      'stream',
      mixed,
      '--model',
      at('in-euros'),
      '--state',
      at('mixed'),
      '--json',
    )
    expect(JSON.parse(out)).toMatchObject({ records: USERS * DAYS, refused: { 'unknown-currency': 1 } })
    expect(err).toBe('')
    const letters = readFileSync(at('mixed/dead-letter.ndjson'), 'utf8').trim().split('\n')
    expect(letters).toHaveLength(1)
    expect(letters[0]).toContain('"unknown-currency"')
    const replayed = await done('replay', '--state', at('mixed'), '--json')
    expect(JSON.parse(replayed.out)).toMatchObject({ diverged: 0 })
  })

  it('ends with 3 where more than 5 % are in another, and says where they are', async () => {
    const { code, err } = await run(['stream', yen, '--model', at('in-euros'), '--state', at('all-yen')])
    expect(code).toBe(3)
    expect(err).toContain('✗ 40 of 40 records were refused, more than 5 %')
    expect(err).toContain('all-yen/dead-letter.ndjson')
  })

  it('keeps the currency it was made with', async () => {
    const args = ['stream', '--state', at('kept')]
    await done(...args, euros, '--model', at('in-euros'))
    await done(...args, '--currency', 'EUR')
    const { code, err } = await run([...args, '--currency', 'JPY'])
    expect(code).toBe(2)
    expect(err).toMatch(/^error \[folder-foreign\]: .*was made with --currency EUR, now JPY is given/)
  })
})
