import { appendFileSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { tempFolder, type Run } from '../cli/run.ts'
import {
  failure,
  jsonLines,
  leaveNothingRunning,
  linesIn,
  outputsOf,
  start,
  stream,
  until,
} from './program.ts'
import type { Outputs } from './program.ts'
import { smallShop, textOf, type SmallShop } from './small-shop.ts'

const folder = tempFolder()
leaveNothingRunning()
let shop: SmallShop
let half: number
/** Everything in one go: by standard input, and from the file. */
let piped: Outputs
let whole: Outputs

const dirOf = (name: string): string => join(folder, name)

async function pipe(dir: string, lines: readonly string[]): Promise<Run> {
  const program = start(['stream', '-', '--model', shop.model, '--state', dir])
  program.write(textOf(lines))
  program.closeInput()
  return program.ended
}

beforeAll(async () => {
  shop = await smallShop(folder)
  half = Math.floor(shop.lines.length / 2)
  expect(await pipe(dirOf('piped'), shop.lines)).toMatchObject({ code: 0, err: '' })
  piped = outputsOf(dirOf('piped'))
  await stream(0, shop.path, '--model', shop.model, '--state', dirOf('whole'))
  whole = outputsOf(dirOf('whole'))
})

describe('standard input', () => {
  it('gives what the same file gives, but for its name', () => {
    const named = (text: string): string => text.replaceAll('"shop.ndjson"', '"stdin"')
    expect(piped.changed).not.toBe('')
    expect({ ...piped }).toEqual({ ...whole, changed: named(whole.changed) })
  })

  /** A run that was stopped while its pipe was open, half-way. */
  async function stopped(name: string): Promise<string> {
    const dir = dirOf(name)
    const program = start(['stream', '-', '--model', shop.model, '--state', dir])
    program.write(textOf(shop.lines.slice(0, half)))
    await until('the half is published', () => linesIn(join(dir, 'journal.ndjson')) > 1)
    program.kill('SIGTERM')
    const { code, out } = await program.ended
    expect(code).toBe(0)
    expect(out).toContain(`stdin at record ${half.toLocaleString('en')}`)
    return dir
  }

  it('is piped again from its start after a stop, and the run goes on', async () => {
    const dir = await stopped('stopped')
    expect(await pipe(dir, shop.lines)).toMatchObject({ code: 0, err: '' })
    expect(outputsOf(dir)).toEqual(piped)
  })

  it.each([
    [
      'another first line',
      (lines: readonly string[]) => [lines[1] as string, ...lines.slice(1)],
      'the first',
    ],
    ['fewer lines than were processed', (lines: readonly string[]) => lines.slice(0, 10), 'holds 10 records'],
    ['only the rest', (lines: readonly string[]) => lines.slice(half - 3), 'stdin'],
    ['nothing', () => [], 'holds 0 records'],
  ])('%s is not what was processed: nothing is folded from it', async (name, change, message) => {
    const dir = await stopped(`other ${name}`)
    const before = outputsOf(dir)
    const parts = ['error [input-changed]: ', message, 'Give the input exactly as it was']
    expect(failure(await pipe(dir, change(shop.lines)), parts)).toEqual({ code: 1, missing: [], said: '' })
    expect(outputsOf(dir)).toEqual(before)
    expect(await pipe(dir, shop.lines)).toMatchObject({ code: 0, err: '' })
    expect(outputsOf(dir)).toEqual(piped)
  })
})

describe('a file', () => {
  /** A run over the first half of a file of its own. */
  async function begun(name: string): Promise<{ dir: string; path: string; again: string[] }> {
    mkdirSync(dirOf(name))
    const path = join(dirOf(name), 'shop.ndjson')
    writeFileSync(path, textOf(shop.lines.slice(0, half)))
    const dir = join(dirOf(name), 'run')
    await stream(0, path, '--model', shop.model, '--state', dir)
    return { dir, path, again: ['--state', dir] }
  }

  it('may have grown: the run goes on behind what it had', async () => {
    const { dir, path, again } = await begun('grown')
    appendFileSync(path, textOf(shop.lines.slice(half)))
    await stream(0, ...again)
    expect(outputsOf(dir)).toEqual(whole)
  })

  it('may have moved', async () => {
    const { dir, again } = await begun('moved')
    mkdirSync(dirOf('elsewhere'))
    copyFileSync(shop.path, join(dirOf('elsewhere'), 'shop.ndjson'))
    await stream(0, join(dirOf('elsewhere'), 'shop.ndjson'), ...again)
    expect(outputsOf(dir)).toEqual(whole)
  })

  it.each([
    [
      'was changed in an earlier part',
      (lines: readonly string[]) => lines.toSpliced(7, 1, lines[8] as string),
    ],
    ['lost a line', (lines: readonly string[]) => lines.toSpliced(7, 1)],
    ['was cut', (lines: readonly string[]) => lines.slice(0, 20)],
    ['was emptied', () => []],
  ])('that %s is refused, by its name', async (name, change) => {
    const { dir, path, again } = await begun(name)
    const before = outputsOf(dir)
    writeFileSync(path, textOf(change(shop.lines)))
    const parts = ['error [input-changed]: ', 'shop.ndjson', '--accept source']
    expect(failure(await stream(1, ...again), parts)).toEqual({ code: 1, missing: [], said: '' })
    expect(outputsOf(dir)).toEqual(before)
    writeFileSync(path, textOf(shop.lines))
    await stream(0, ...again)
    expect(outputsOf(dir)).toEqual(whole)
  })
})

describe('--live-from', () => {
  it('says of earlier moves only where they led; of later ones everything', async () => {
    const from = Date.UTC(2025, 0, 8)
    await stream(0, shop.path, '--model', shop.model, '--state', dirOf('live'), '--live-from', '2025-01-08')
    const { changed, segments } = outputsOf(dirOf('live'))
    const moves = jsonLines(whole.changed)
    const late = moves.filter((m) => Date.parse(m['occurredAt'] as string) >= from)
    expect(late.length).toBeGreaterThan(10)
    expect(moves.length - late.length).toBeGreaterThan(10)
    expect(jsonLines(changed)).toEqual(late)
    const members = jsonLines(segments)
    const times = jsonLines(whole.segments).map((m) => m['since'])
    expect(members.map((m) => m['since'])).toEqual(times)
    expect(
      new Set(members.map((m) => `${String(m['origin'])} ${Date.parse(m['since'] as string) >= from}`)),
    ).toEqual(new Set(['backfill false', 'live true']))
  })
})
