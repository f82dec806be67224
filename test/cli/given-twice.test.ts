import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { run, tempFolder } from './run.ts'

// Files whose events are given twice: the table that a model is trained on and the stream both count each once.
const folder = tempFolder()
const at = (name: string): string => join(folder, name)
const AS_OF = ['--as-of', '2025-03-01']

async function ok(...args: string[]): Promise<string> {
  const { code, out, err } = await run(args)
  expect({ args, code, err: code === 0 ? '' : err }).toEqual({ args, code: 0, err: '' })
  return out
}

let events = 0

beforeAll(async () => {
  await ok('generate', '--users', '60', '--days', '40', '--seed', '3', '--out', at('shop.ndjson'))
  copyFileSync(at('shop.ndjson'), at('again.ndjson'))
  events = readFileSync(at('shop.ndjson'), 'utf8').trimEnd().split('\n').length
})

it('the table of features is the same, and says how many were there twice', async () => {
  const once = await ok('features', '--events', at('shop.ndjson'), ...AS_OF)
  expect(await ok('features', '--events', at('shop.ndjson'), at('again.ndjson'), ...AS_OF)).toBe(once)
  const { rows } = JSON.parse(
    await ok('features', '--events', at('shop.ndjson'), at('again.ndjson'), ...AS_OF, '--json'),
  ) as { rows: { uncounted: Record<string, number> }[] }
  expect(rows[0]?.uncounted['duplicate']).toBeGreaterThan(events / 4)
})

it('the stream counts them by reason, and sends the same moves', async () => {
  await ok('train', '--events', at('shop.ndjson'), ...AS_OF, '--out', at('model'))
  const streamed = async (
    name: string,
    ...files: string[]
  ): Promise<[Record<string, unknown>, unknown[]]> => {
    const facts = JSON.parse(
      await ok('stream', ...files, '--model', at('model'), '--state', at(name), '--json'),
    ) as Record<string, unknown>
    const moves = readFileSync(at(`${name}/segment-changed.ndjson`), 'utf8')
      .trimEnd()
      .split('\n')
    return [facts, moves.map((line) => (JSON.parse(line) as { id: string }).id)]
  }
  const [once, moves] = await streamed('once', at('shop.ndjson'))
  const [twice, again] = await streamed('twice', at('shop.ndjson'), at('again.ndjson'))
  expect(again).toEqual(moves)
  expect(moves.length).toBeGreaterThan(20)
  expect(once['uncounted']).toBeUndefined()
  expect(twice['uncounted']).toEqual({ duplicate: events })
})
