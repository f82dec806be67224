import { appendFileSync, mkdirSync, renameSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { MINUTE_MS, SECOND_MS } from '../../src/domain/base/duration.ts'
import { DEFAULT_SPREAD_MS, spreadOf } from '../../src/domain/profile/due.ts'
import { run, tempFolder } from '../cli/run.ts'
import {
  failure,
  jsonLines,
  leaveNothingRunning,
  linesIn,
  outputsOf,
  positionIn,
  start,
  stream,
  until,
} from './program.ts'
import { smallShop, textOf, type SmallShop } from './small-shop.ts'

const folder = tempFolder()
leaveNothingRunning()
let shop: SmallShop
let half: number

beforeAll(async () => {
  shop = await smallShop(folder)
  half = Math.floor(shop.lines.length / 2)
})

interface Followed {
  readonly dir: string
  readonly path: string
  readonly args: readonly string[]
}

function ownFile(name: string, text: string, model = shop.model): Followed {
  mkdirSync(join(folder, name))
  const path = join(folder, name, 'shop.ndjson')
  writeFileSync(path, text)
  const dir = join(folder, name, 'run')
  return { dir, path, args: ['stream', path, '--model', model, '--state', dir, '--follow'] }
}

const published = (dir: string): number => linesIn(join(dir, 'journal.ndjson'))

const position = (dir: string): number => positionIn(dir, 'shop.ndjson')

/** The same events, so much later that the last was a minute ago. */
function untilNow(lines: readonly string[]): string[] {
  const events = lines.map((line) => JSON.parse(line) as { eventTime: number })
  const later = Date.now() - MINUTE_MS - Math.max(...events.map((e) => e.eventTime))
  return events.map((e) => JSON.stringify({ ...e, eventTime: e.eventTime + later }))
}

describe('--follow', () => {
  it('notices appended lines once they are whole, and the past can be computed again', async () => {
    // up to now, for the clock ticks between the halves: who is silent for 30 days by then is forgotten
    const lines = untilNow(shop.lines)
    const { dir, path, args } = ownFile('appended', textOf(lines.slice(0, half)))
    const program = start(args)
    await until('the first half is published', () => position(dir) === half)
    appendFileSync(path, textOf(lines.slice(half, -1)) + (lines.at(-1) as string).slice(0, 20))
    await until('all whole lines are published', () => position(dir) === lines.length - 1)
    appendFileSync(path, `${(lines.at(-1) as string).slice(20)}\n`)
    await until('the last line is published', () => position(dir) === lines.length)
    program.kill('SIGINT')
    expect(await program.ended).toMatchObject({ code: 0 })
    expect(await run(['replay', '--state', dir])).toMatchObject({ code: 0, err: '' })
    // the events of the second half are days behind the clock: nobody was lost on the way
    const users = new Set(jsonLines(outputsOf(dir).segments).map((m) => m['userId']))
    await stream(0, path, '--model', shop.model, '--state', join(folder, 'appended', 'whole'))
    const whole = jsonLines(outputsOf(join(folder, 'appended', 'whole')).segments)
    expect(users).toEqual(new Set(whole.map((m) => m['userId'])))
  })

  it.each([
    ['was cut', (path: string) => truncateSync(path, 1000), 'cut while it was followed'],
    [
      'was replaced',
      (path: string) => {
        writeFileSync(`${path}.new`, textOf(shop.lines))
        renameSync(`${path}.new`, path)
      },
      'was replaced by another file',
    ],
    ['was removed', (path: string) => renameSync(path, `${path}.old`), 'was removed while it was followed'],
  ])('says that the file %s, and goes on once it is back', async (name, change, message) => {
    const { dir, path, args } = ownFile(name, textOf(shop.lines.slice(0, half)))
    const program = start(args)
    await until('the half is published', () => position(dir) === half)
    change(path)
    const parts = ['input-shrunk', path, message, 'An input file may only grow']
    expect(failure(await program.ended, parts)).toEqual({ code: 1, missing: [], said: '' })
    writeFileSync(path, textOf(shop.lines))
    const again = start(args)
    await until('the rest is published', () => position(dir) === shop.lines.length)
    again.kill('SIGTERM')
    expect(await again.ended).toMatchObject({ code: 0 })
  })

  it('refuses a gzip file', async () => {
    const { args } = ownFile('gzip', '\u001f')
    writeFileSync(args[1] as string, Buffer.from([0x1f, 0x8b, 8, 0]))
    const parts = ['error [usage]: ', 'only plain files in UTF-8 can be followed']
    expect(failure(await run(args), parts)).toEqual({ code: 2, missing: [], said: '' })
  })
})

describe('the clock of followed inputs', () => {
  /** Two segments: seen within the last minute, or not. */
  async function minutesModel(): Promise<string> {
    const at = (name: string): string => join(folder, name)
    const feature = { aggregate: 'recency', on: ['page_viewed'], unit: 'minute', step: '1m', cap: 3 }
    const set = {
      name: 'minutes',
      version: 1,
      zone: 'UTC',
      features: [{ name: 'minutes_since', ...feature }],
    }
    writeFileSync(at('set.json'), JSON.stringify(set))
    const rows = Array.from({ length: 40 }, (_, i) => `r${i},2025-01-01T00:00:00.000Z,${i % 2}`)
    writeFileSync(at('minutes.csv'), textOf(['user_id,as_of,minutes_since', ...rows]))
    const how = ['--feature-set', at('set.json'), '--k', '2', '--components', '1', '--min-events', '1']
    const { code, err } = await run([
      'train',
      '--features',
      at('minutes.csv'),
      '--dwell',
      'none',
      ...how,
      '--out',
      at('minutes'),
    ])
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' })
    return at('minutes')
  }

  it('moves a quiet user while nothing arrives, and the past can be computed again', async () => {
    const model = await minutesModel()
    // the clock stays five seconds behind: his wake, a minute and his place in the spread later, is about three seconds away
    const dueAfterMs = MINUTE_MS + spreadOf('quiet', { spreadMs: DEFAULT_SPREAD_MS })
    const eventTime = Date.now() - dueAfterMs - 2 * SECOND_MS
    const event = { eventId: 'e1', userId: 'quiet', eventTime, kind: 'page_viewed' }
    const { dir, args } = ownFile('quiet', textOf([JSON.stringify(event)]), model)
    const program = start(args)
    await until('he is moved', () => linesIn(join(dir, 'segment-changed.ndjson')) === 2)
    const [first, second] = jsonLines(outputsOf(dir).changed)
    expect(first).toMatchObject({ cause: 'first', from: null })
    expect(second).toMatchObject({ cause: 'inactivity', from: first?.['to'] })
    expect(Date.parse(second?.['occurredAt'] as string)).toBe(eventTime + dueAfterMs)
    program.kill('SIGINT')
    expect(await program.ended).toMatchObject({ code: 0 })
    expect(published(dir)).toBeGreaterThan(2)
    expect(await run(['replay', '--state', dir])).toMatchObject({ code: 0, err: '' })
  })
})
