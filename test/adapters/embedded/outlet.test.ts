import { appendFileSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { RunFolder } from '../../../src/adapters/embedded/run-folder.ts'
import { EmbeddedStore } from '../../../src/adapters/embedded/store.ts'
import { lines } from '../../conformance/outlet.ts'
import { checkpoint } from '../../conformance/store.ts'
import {
  busyRevision,
  deadLetter,
  head,
  membership,
  page,
  revision,
  transition,
} from '../../support/revisions.ts'
import { discard, linesOf, openFresh, outletOf } from '../../support/run-folder.ts'

describe('the files of a run', () => {
  let folder: RunFolder
  beforeEach(async () => {
    folder = await openFresh({ lineOf: (_topic, offset) => offset + 2 })
  })
  afterEach(() => discard(folder))

  const publish = async (...revisions: Parameters<typeof page>): Promise<void> => {
    const outlet = outletOf(folder)
    await outlet.publish(await outlet.fence(0), page(...revisions))
  }

  test('history before go-live says where users are, and never that they moved', async () => {
    await publish(
      revision(0, {
        transitions: [transition(1, { origin: 'backfill' }), transition(2)],
        memberships: [membership('u-1', 'loyal', { origin: 'backfill' }), membership('u-2', 'at-risk')],
      }),
    )
    expect(linesOf(folder.paths.segmentChanged).map((l) => l['userId'])).toEqual(['u-2'])
    expect(linesOf(folder.paths.userSegments).map((l) => l['userId'])).toEqual(['u-1', 'u-2'])
  })

  test('a dead letter says where it stood and keeps its bytes', async () => {
    const key = new Uint8Array([1, 2])
    await publish(revision(0, { deadLetters: [deadLetter(7, { key, size: 300_000, sha256: 'ab' })] }))
    expect(linesOf(folder.paths.deadLetter)).toEqual([
      {
        reason: 'not-json',
        detail: 'expected a JSON object',
        file: 'clicks',
        line: 9,
        offset: 7,
        size: 300_000,
        sha256: 'ab',
        key: Buffer.from(key).toString('base64'),
        bytes: Buffer.from([0xff, 0, 7]).toString('base64'),
      },
    ])
  })

  test('a dead letter of a record without a value has no bytes, one of an empty value has none of them', async () => {
    const [none, empty] = [deadLetter(1, { value: null }), deadLetter(2, { value: new Uint8Array(0) })]
    await publish(revision(0, { deadLetters: [none, empty] }))
    expect(linesOf(folder.paths.deadLetter).map(({ bytes }) => bytes)).toEqual([null, ''])
  })

  test('each journal line carries the extents of the outputs after its own revision', async () => {
    await publish(busyRevision(0, 1), revision(1), busyRevision(2, 1))
    const files = linesOf(folder.paths.journal).map((l) => l['files'] as Record<string, [number, number]>)
    const half = readFileSync(folder.paths.segmentChanged, 'utf8').indexOf('\n') + 1
    expect(files.map((f) => f['segment-changed'])).toEqual([
      [1, half],
      [1, half],
      [1, readFileSync(folder.paths.segmentChanged).length],
    ])
  })

  test('an output shorter than the journal says stops the run and names the file', async () => {
    await publish(busyRevision(0, 2))
    truncateSync(folder.paths.userSegments, 10)
    await expect(outletOf(folder).fence(0)).rejects.toMatchObject({
      code: 'state-foreign',
      message: expect.stringMatching(/user-segments\.ndjson has 10 bytes, the journal says \d+/) as string,
    })
    expect(readFileSync(folder.paths.segmentChanged).length).toBeGreaterThan(0)
  })

  test('an output that is gone stops the run, and nothing else is cut', async () => {
    await publish(busyRevision(0, 2))
    const before = readFileSync(folder.paths.userSegments)
    rmSync(folder.paths.segmentChanged)
    await expect(outletOf(folder).fence(0)).rejects.toMatchObject({ code: 'state-foreign' })
    expect(readFileSync(folder.paths.userSegments)).toEqual(before)
  })

  test('a power loss may take revisions behind the state off the end, and only those', async () => {
    await publish(revision(0), busyRevision(1, 1), busyRevision(2, 1), busyRevision(3, 1))
    const store = new EmbeddedStore(folder)
    await store.take({ task: 0 }, 'a')
    expect(await store.checkpoint(0, checkpoint({ head: head(1) }))).toBe('ok')
    const whole = readFileSync(folder.paths.segmentChanged)
    const ends = [...whole.entries()].filter(([, byte]) => byte === 10).map(([i]) => i + 1)
    truncateSync(folder.paths.segmentChanged, (ends[1] as number) + 5)
    const outlet = outletOf(folder)
    expect((await outlet.tail(await outlet.fence(0)))?.rev).toBe(2)
    expect(readFileSync(folder.paths.segmentChanged)).toEqual(whole.subarray(0, ends[1]))
    truncateSync(folder.paths.segmentChanged, (ends[0] as number) - 1)
    await expect(outletOf(folder).fence(0)).rejects.toMatchObject({ code: 'state-foreign' })
  })

  test('a journal that is gone beside a state stops the run before anything is cut', async () => {
    await publish(busyRevision(0, 1))
    const store = new EmbeddedStore(folder)
    await store.take({ task: 0 }, 'a')
    await store.checkpoint(0, checkpoint({ head: head(0) }))
    rmSync(folder.paths.journal)
    await expect(outletOf(folder).fence(0)).rejects.toMatchObject({ code: 'state-foreign' })
    expect(linesOf(folder.paths.segmentChanged)).toHaveLength(1)
  })

  test.each([
    ['{"rev":2,"pos', 'no line end'],
    ['{"rev":2}\n', 'a line that is none'],
    ['\0\0\0\0\n', 'zeros'],
  ])('a torn end %j of the journal is cut away (%s)', async (torn) => {
    await publish(busyRevision(0, 1), busyRevision(1, 1))
    const before = readFileSync(folder.paths.journal)
    appendFileSync(folder.paths.journal, torn)
    const outlet = outletOf(folder)
    expect((await outlet.tail(await outlet.fence(0)))?.rev).toBe(1)
    expect(readFileSync(folder.paths.journal)).toEqual(before)
  })

  test('a broken line before the last stops whoever reads it, by file and line', async () => {
    await publish(busyRevision(0, 1), busyRevision(1, 1), busyRevision(2, 1))
    const text = readFileSync(folder.paths.journal, 'utf8').split('\n')
    const message = expect.stringMatching(/^journal\.ndjson, line 2: .*(positions|JSON)/) as string
    for (const broken of [
      text[1]?.replace('"positions":{', '"positions":[{'),
      text[1]?.replace('"positions"', '"x"'),
    ]) {
      writeFileSync(folder.paths.journal, [text[0], broken, text[2], ''].join('\n'))
      await expect(lines(outletOf(folder))).rejects.toMatchObject({ code: 'state-foreign', message })
    }
    writeFileSync(folder.paths.journal, [text[0], '{}', '{}', ''].join('\n'))
    await expect(outletOf(folder).fence(0)).rejects.toMatchObject({ code: 'state-foreign' })
  })

  test('no user id of a broken line gets into the message', async () => {
    await publish(busyRevision(0, 1), busyRevision(1, 1), revision(2))
    const text = readFileSync(folder.paths.journal, 'utf8')
    writeFileSync(folder.paths.journal, text.replace('["u-1000",2,', '["u-1000","u-1000",'))
    await expect(lines(outletOf(folder))).rejects.toMatchObject({
      message: expect.not.stringContaining('u-1000') as string,
    })
  })

  test('a line longer than any window is found from the end', async () => {
    const long = busyRevision(1, 0)
    const moves = Array.from({ length: 20_000 }, (_, i) => [`user-${i}`, 1, null, 'loyal'] as const)
    await publish(revision(0), { ...long, line: { ...long.line, moves } }, revision(2))
    appendFileSync(folder.paths.journal, 'x'.repeat(100_000))
    const outlet = outletOf(folder)
    expect((await outlet.tail(await outlet.fence(0)))?.rev).toBe(2)
    truncateSync(folder.paths.journal, readFileSync(folder.paths.journal).length - 1)
    const next = outletOf(folder)
    expect((await next.tail(await next.fence(0)))?.moves).toHaveLength(20_000)
  })
})
