import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { MINUTE_MS } from '../../src/domain/base/duration.ts'
import { versionText } from '../../src/cli/version.ts'
import { run, tempFolder } from '../cli/run.ts'
import { textOf } from '../inputs/small-shop.ts'
import { laterLines, record, recordedStates, sendRecorded, succeed, unpack } from './recorded.ts'
import { PARTITIONS, PATIENCE_MS, Servers } from './servers.ts'

// Every state that a version has written goes on under this one: as it is, or, where profiles have another form by now, folded
// again by the journal, which the stop says. `npm run fixtures:state` records that of this version.

/** `bundle 1, profile 3, run folder 1` as a name. */
const PRESENT = (/formats +(.*)$/m.exec(versionText())?.[1] ?? '').replaceAll(', ', '-').replaceAll(' ', '')
const RECORD = process.env['RECORD_STATE'] === '1'

if (RECORD) test('record the state of this version', { timeout: 5 * MINUTE_MS }, recordPresent)

async function recordPresent(): Promise<void> {
  const folder = tempFolder()
  const servers = new Servers(folder)
  try {
    await servers.open()
    await record(PRESENT, folder, servers)
  } finally {
    await servers.close()
  }
}

if (!recordedStates().includes(PRESENT))
  test('formats that are packaged are recorded', (context) =>
    context.skip(`${PRESENT} is not recorded yet: npm run fixtures:state, before a package of it is made`))

interface Move {
  readonly userId: string
  readonly sequence: number
}

function numbered(lines: readonly string[]): void {
  const last = new Map<string, number>()
  for (const { userId, sequence } of lines.map((line) => JSON.parse(line) as Move)) {
    expect(sequence).toBe((last.get(userId) ?? 0) + 1)
    last.set(userId, sequence)
  }
}

describe.skipIf(RECORD).each(recordedStates())('the state of %s', (name) => {
  it('goes on in its run folder', async () => {
    const folder = tempFolder()
    unpack(name, folder)
    const changed = join(folder, 'run/segment-changed.ndjson')
    const before = readFileSync(changed, 'utf8')
    appendFileSync(join(folder, 'shop.ndjson'), textOf(laterLines(folder)))
    const first = await run(['stream', '--state', 'run'], { cwd: folder })
    expect(first).toMatchObject(name === PRESENT ? { code: 0 } : {})
    if (first.code !== 0) {
      expect(first.err).toMatch(/\[state-version\]|\[recipe-differs\]/)
      await succeed(folder, 'tasks', 'resume', '0', '--accept', 'rebuild', '--state', 'run')
      await succeed(folder, 'stream', '--state', 'run')
    }
    const after = readFileSync(changed, 'utf8')
    expect(after.startsWith(before)).toBe(true)
    expect(after.length).toBeGreaterThan(before.length)
    numbered(after.split('\n').slice(0, -1))
    if (name !== PRESENT) return
    // what a run gives that never stopped
    const whole = ['stream', 'shop.ndjson', '--model', 'models/first', '--state', 'whole']
    await succeed(folder, ...whole)
    expect(after).toBe(readFileSync(join(folder, 'whole/segment-changed.ndjson'), 'utf8'))
  })
})

describe.skipIf(RECORD).each(recordedStates())('the Redis and the topics of %s', (name) => {
  const folder = tempFolder()
  const servers = new Servers(folder)
  beforeAll(async () => {
    unpack(name, folder)
    await servers.open('--dir', folder, '--dbfilename', 'shop.rdb')
  }, 3 * MINUTE_MS)
  afterAll(() => servers.close())

  it('go on under a consumer of this version', { timeout: 2 * PATIENCE_MS }, async (context) => {
    servers.skipWhereMissing(context)
    await succeed(folder, 'topics', 'apply', '--config', servers.configPath)
    await sendRecorded(name, servers)
    await servers.send(laterLines(folder))
    servers.start()
    if (name !== PRESENT) {
      const trouble = async (): Promise<string[]> =>
        (await servers.tasks()).flatMap((task) => task.trouble?.code ?? [])
      await servers.settledOrAtEnd()
      const codes = await trouble()
      expect(codes.filter((code) => code !== 'state-version')).toEqual([])
      if (codes.length > 0)
        await succeed(folder, 'tasks', 'resume', 'all', '--accept', 'rebuild', '--config', servers.configPath)
    }
    await servers.caughtUp()
    const tasks = await servers.tasks()
    expect(tasks.map(({ task }) => task)).toEqual(Array.from({ length: PARTITIONS }, (_, p) => p))
    expect(await servers.stop()).toBe(0)
    expect(await servers.numberedMoves()).toBeGreaterThan(5)
  })
})
