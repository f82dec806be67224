import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { run, tempFolder } from './run.ts'

const folder = tempFolder()
const size = ['--users', '200', '--days', '30']
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

async function generate(name: string, ...more: string[]): Promise<Buffer> {
  const { code, err } = await run(['generate', ...size, '--out', join(folder, name), ...more])
  expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' })
  return readFileSync(join(folder, name))
}

describe('generate', () => {
  it('writes the same bytes for the same seed, others for another', async () => {
    const first = await generate('a.ndjson', '--seed', '3')
    expect(sha256(await generate('b.ndjson', '--seed', '3'))).toBe(sha256(first))
    expect(sha256(await generate('c.ndjson', '--seed', '4'))).not.toBe(sha256(first))
    expect(readFileSync(join(folder, 'a.ndjson.truth.json'))).toEqual(
      readFileSync(join(folder, 'b.ndjson.truth.json')),
    )
  })

  it('compresses by extension, the same content', async () => {
    const plain = await generate('d.ndjson')
    expect(sha256(gunzipSync(await generate('d.ndjson.gz')))).toBe(sha256(plain))
  })

  it('writes one event a line and the truth beside it, and nothing half done', async () => {
    const lines = (await generate('e.ndjson')).toString('utf8').split('\n')
    expect(lines.pop()).toBe('')
    const truth = JSON.parse(readFileSync(join(folder, 'e.ndjson.truth.json'), 'utf8')) as { people: object }
    for (const line of lines) {
      const event = JSON.parse(line) as { userId: string; eventId: string; eventTime: number }
      expect(Object.values(event)).not.toContain(null)
      expect(truth.people).toHaveProperty(event.userId)
    }
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([])
  })

  it('counts on stderr for people, on stdout as JSON for programs', async () => {
    const people = await run(['generate', ...size, '--out', join(folder, 'f.ndjson')])
    expect(people.out).toBe('')
    expect(people.err).toMatch(/^[\d,]+ events of [\d,]+ users in 30 days, [\d,]+ orders worth € [\d,]+ → /)
    const json = await run(['generate', ...size, '--out', join(folder, 'g.ndjson'), '--json'])
    expect(json.err).toBe('')
    const facts = JSON.parse(json.out) as { events: number; out: string }
    expect(facts.events).toBe(readFileSync(facts.out, 'utf8').split('\n').length - 1)
  })

  it.each([[], ['--bench', '--events', '500']])('begins on the day that is asked for %s', async (...more) => {
    const path = join(folder, 'from.ndjson')
    const plain = await run(['generate', ...size, ...more, '--out', path])
    expect(plain.code).toBe(0)
    const before = readFileSync(path, 'utf8').split('\n')[0] ?? ''
    await run(['generate', ...size, ...more, '--from', '2026-03-02', '--out', path])
    const after = readFileSync(path, 'utf8').split('\n')[0] ?? ''
    const timeOf = (line: string): number => (JSON.parse(line) as { eventTime: number }).eventTime
    expect(timeOf(after) - timeOf(before)).toBe(Date.UTC(2026, 2, 2) - Date.UTC(2025, 0, 1))
  })

  it('has faults where they are asked for, and counts them in the truth', async () => {
    const list = 'duplicates,disorder,late=0.01,broken,silence=6h@2025-01-10T09:00'
    const lines = (await generate('h.ndjson', '--faults', list)).toString('utf8').split('\n').slice(0, -1)
    const clean = (await generate('i.ndjson')).toString('utf8').split('\n').slice(0, -1)
    const truth = JSON.parse(readFileSync(join(folder, 'h.ndjson.truth.json'), 'utf8')) as {
      faults: object
      befell: Record<string, number>
    }
    const fromMs = Date.UTC(2025, 0, 10, 9)
    expect(truth.faults).toMatchObject({ late: 0.01, silence: { fromMs, toMs: fromMs + 6 * 3_600_000 } })
    const { duplicates = 0, broken = 0, silence = 0, late = 0 } = truth.befell
    for (const count of [duplicates, broken, silence, late]) expect(count).toBeGreaterThan(0)
    expect(lines).toHaveLength(clean.length + duplicates + broken - silence)
  })

  it.each([
    ['noise', 'silence; found "noise"'],
    ['late,late', 'late is there twice'],
    ['late=2', 'late: expected a share'],
    ['silence=6h', 'silence: expected such as 6h@2025-03-10'],
    ['silence=6h@2025-02-30', 'silence: expected such as 6h@2025-03-10'],
  ])('refuses the faults %s', async (list, why) => {
    const { code, err } = await run(['generate', '--faults', list, '--out', join(folder, 'no.ndjson')])
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(why) as string })
  })

  it.each([
    [['--bench', '--faults', 'late', '--out', 'no.ndjson'], 'not to --bench'],
    [['--faults', 'broken', '--to', 'kafka', '--config', 'no.yaml'], 'go to a file'],
  ])('refuses %s', async (args, why) => {
    const { code, err } = await run(['generate', ...args])
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(why) as string })
  })

  it.each(['2026-02-30', '2026-3-2', 'today'])('refuses the day %s', async (text) => {
    const { code, err } = await run(['generate', '--from', text, '--out', join(folder, 'no.ndjson')])
    expect(code).toBe(2)
    expect(err).toContain('a day such as 2025-01-01')
  })

  it('leaves nothing behind when it cannot write', async () => {
    const { code } = await run(['generate', ...size, '--out', folder])
    expect(code).not.toBe(0)
    expect(existsSync(`${folder}.part`)).toBe(false)
  })
})
