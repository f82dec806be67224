import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { ROOT, run, tempFolder } from './run.ts'

const folder = tempFolder()
const at = (name: string): string => join(folder, name)
const REES46 = resolve(ROOT, '../shared/data/clickstream/rees46_2019-10-01_first_170min.csv.gz')

const HEADER = 'event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session'
const row = (user: string, type = 'view'): string =>
  `2019-10-01 00:00:00 UTC,${type},1,2,a.b,c,3.50,${user},s1`

function csv(name: string, good: number, bad: number): string {
  const rows = [...Array(good).keys()].map((i) => row(`u${i}`))
  const broken = [...Array(bad).keys()].map((i) => row(`secret-${i}`, 'nonsense'))
  writeFileSync(at(name), `${[HEADER, ...rows, ...broken].join('\n')}\n`)
  return at(name)
}

describe('ingest', () => {
  it('gives the same events to a file, a gzipped file and stdout', async () => {
    const input = csv('clicks.csv', 30, 0)
    for (const out of ['a.ndjson', 'a.ndjson.gz']) {
      const { code, out: said } = await run(['ingest', input, '--mapping', 'rees46', '--out', at(out)])
      expect({ code, said }).toEqual({ code: 0, said: '' })
    }
    const plain = readFileSync(at('a.ndjson'), 'utf8')
    expect(plain.trim().split('\n')).toHaveLength(30)
    expect(gunzipSync(readFileSync(at('a.ndjson.gz'))).toString('utf8')).toBe(plain)
    expect((await run(['ingest', input, '--mapping', 'rees46', '--out', '-'])).out).toBe(plain)
  })

  it.each([
    [95, 5, 0],
    [94, 6, 3],
  ])(
    'with %d good and %d refused records ends with %d; the refused ones are kept',
    async (good, bad, code) => {
      const input = csv('some.csv', good, bad)
      const found = await run(['ingest', input, '--mapping', 'rees46', '--out', at('some.ndjson'), '--json'])
      expect(found.code).toBe(code)
      const account = JSON.parse(found.out) as {
        read: number
        events: number
        refused: Record<string, number>
      }
      expect(account).toMatchObject({ read: good + bad, events: good, refused: { 'unknown-kind': bad } })
      expect(found.err).not.toContain('secret')
      const letters = readFileSync(at('some.ndjson.dead-letter.ndjson'), 'utf8').trim().split('\n')
      expect(letters).toHaveLength(bad)
      const { bytes, line } = JSON.parse(letters[0] as string) as { bytes: string; line: number }
      expect(Buffer.from(bytes, 'base64').toString('utf8')).toBe(row('secret-0', 'nonsense'))
      expect(line).toBe(good + 2)
    },
  )

  it.each([
    [['--mapping', 'nosuch'], 'nosuch: not found; built in: online-retail, rees46, segment'],
    [['--mapping', './nosuch.json'], 'nosuch.json'],
    [[], "required option '--mapping"],
  ])('%j is wrong usage', async (args, message) => {
    const { code, err } = await run(['ingest', csv('x.csv', 1, 0), ...args, '--out', at('never.ndjson')])
    expect(code).toBe(2)
    expect(err).toContain(message)
    expect(existsSync(at('never.ndjson'))).toBe(false)
  })

  it('does not mix its result and its account on stdout', async () => {
    const { code, err } = await run([
      'ingest',
      csv('y.csv', 1, 0),
      '--mapping',
      'rees46',
      '--out',
      '-',
      '--json',
    ])
    expect(code).toBe(2)
    expect(err).toContain('both want standard output')
  })

  it('leaves a missing input without a result', async () => {
    const { code, err } = await run([
      'ingest',
      at('gone.csv'),
      '--mapping',
      'rees46',
      '--out',
      at('gone.ndjson'),
    ])
    expect(code).toBe(2)
    expect(err).toMatch(/^error \[file-missing\]: /)
    expect(existsSync(at('gone.ndjson')) || existsSync(at('gone.ndjson.part'))).toBe(false)
  })

  it.skipIf(!existsSync(REES46))('reads a real clickstream whole, through to features', async () => {
    const { code, out } = await run([
      'ingest',
      REES46,
      '--mapping',
      'rees46',
      '--out',
      at('real.ndjson'),
      '--json',
    ])
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ read: 17_434, events: 17_434, skipped: {}, refused: {} })
    const features = await run(['features', '--events', at('real.ndjson'), '--as-of', '2019-10-02'])
    expect(features.out.trim().split('\n')).toHaveLength(4504 + 1)
  })
})
