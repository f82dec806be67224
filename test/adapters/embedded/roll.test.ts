import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { RunFolder } from '../../../src/adapters/embedded/run-folder.ts'
import { lines, outletConformance } from '../../conformance/outlet.ts'
import { busyRevision, page } from '../../support/revisions.ts'
import { discard, embeddedOutletHarness, openFresh, outletOf, wholeText } from '../../support/run-folder.ts'

const ROLL_BYTES = 2000

const partsOf = (folder: RunFolder, name: string): string[] =>
  readdirSync(folder.dir).filter((f) => f.startsWith(`${name}.0`))

const compressed = async (folder: RunFolder): Promise<void> => {
  for (const file of folder.files) await file.compressed()
}

// The same contract holds where every page starts new parts.
outletConformance('run folder whose files roll before each page', () =>
  embeddedOutletHarness({ rollBytes: 1 }),
)

describe('a file that rolls', () => {
  let folder: RunFolder
  let plain: { changed: string; journal: number[] }
  beforeEach(async () => {
    folder = await openFresh({ rollBytes: ROLL_BYTES })
    plain = { changed: '', journal: [] }
  })
  afterEach(() => discard(folder))

  /** Publishes pages of one revision each, from revision `from` on. */
  const publish = async (from: number, to: number): Promise<void> => {
    const outlet = outletOf(folder)
    const fence = await outlet.fence(0)
    for (let rev = from; rev <= to; rev++) await outlet.publish(fence, page(busyRevision(rev, 2)))
  }

  const expectAll = async (last: number): Promise<void> => {
    const reference = await openFresh()
    const outlet = outletOf(reference)
    const revisions = Array.from({ length: last + 1 }, (_, rev) => busyRevision(rev, 2))
    await outlet.publish(await outlet.fence(0), page(...revisions))
    plain = { changed: wholeText(reference.paths.segmentChanged), journal: revisions.map((r) => r.line.rev) }
    await discard(reference)
    expect(wholeText(folder.paths.segmentChanged)).toBe(plain.changed)
    expect((await lines(outletOf(folder))).map((l) => l.rev)).toEqual(plain.journal)
  }

  test('keeps every line: old parts are compressed, the newest has its plain name', async () => {
    await publish(0, 30)
    await compressed(folder)
    expect(partsOf(folder, 'segment-changed').length).toBeGreaterThan(5)
    expect(partsOf(folder, 'journal').length).toBeGreaterThan(2)
    expect(partsOf(folder, 'segment-changed').every((f) => f.endsWith('.ndjson.gz'))).toBe(true)
    expect(partsOf(folder, 'user-segments')).toEqual([])
    expect(readFileSync(folder.paths.segmentChanged).length).toBeLessThan(2 * ROLL_BYTES)
    await expectAll(30)
  })

  test.each([-1, 0, 7, 17, 29, 30])('the journal after %i spans the parts', async (after) => {
    await publish(0, 30)
    const expected = Array.from({ length: 30 - after }, (_, i) => after + 1 + i)
    expect((await lines(outletOf(folder), after)).map((l) => l.rev)).toEqual(expected)
    await compressed(folder)
    expect((await lines(outletOf(folder), after)).map((l) => l.rev)).toEqual(expected)
  })

  test('may roll while its journal is read', async () => {
    await publish(0, 10)
    const outlet = outletOf(folder)
    const fence = await outlet.fence(0)
    const seen: number[] = []
    let rev = 11
    for await (const line of outlet.journal(0, -1)) {
      seen.push(line.rev)
      await outlet.publish(fence, page(busyRevision(rev++, 2)))
    }
    // of what is published meanwhile, it may show what the part that it reads still takes in
    expect(seen.length).toBeGreaterThanOrEqual(11)
    expect(seen).toEqual(Array.from(seen, (_, i) => i))
  })

  const damage: [string, (f: RunFolder, newest: (name: string) => string) => void][] = [
    ['after the old part got its number', (f) => rmSync(f.paths.segmentChanged)],
    ['after both files got theirs', (f) => (rmSync(f.paths.segmentChanged), rmSync(f.paths.journal))],
    [
      'with a half-written compressed part',
      (_f, newest) => writeFileSync(`${newest('segment-changed')}.gz.tmp`, 'x'),
    ],
    [
      'before the plain part was removed',
      (_f, newest) => {
        const file = newest('segment-changed')
        writeFileSync(`${file}.gz`, gzipSync(readFileSync(file)))
      },
    ],
    [
      'after the plain part was removed',
      (_f, newest) => {
        const file = newest('segment-changed')
        writeFileSync(`${file}.gz`, gzipSync(readFileSync(file)))
        rmSync(file)
      },
    ],
    ['with a page begun in the new part', (f) => writeFileSync(f.paths.segmentChanged, '{"half')],
  ]
  test.each(damage)('stopped %s, goes on without loss', async (_what, leave) => {
    await publish(0, 6)
    for (const file of folder.files) await file.close()
    // A process that rolled, and had nothing published in the new parts yet.
    const finish = (name: string): string => {
      const number = String(folder.files.find((f) => f.name === name)?.finishedParts().length ?? 0)
      const file = join(folder.dir, `${name}.${String(Number(number) + 1).padStart(6, '0')}.ndjson`)
      renameSync(join(folder.dir, `${name}.ndjson`), file)
      writeFileSync(join(folder.dir, `${name}.ndjson`), '')
      return file
    }
    const newest: Record<string, string> = {
      'segment-changed': finish('segment-changed'),
      journal: finish('journal'),
    }
    leave(folder, (name) => newest[name] as string)
    const outlet = outletOf(folder)
    expect((await outlet.tail(await outlet.fence(0)))?.rev).toBe(6)
    await publish(7, 12)
    await compressed(folder)
    expect(readdirSync(folder.dir).filter((f) => f.endsWith('.tmp'))).toEqual([])
    await expectAll(12)
  })

  test('a finished part of another length than the journal says stops the run', async () => {
    await publish(0, 6)
    await compressed(folder)
    for (const file of folder.files) await file.close()
    const number = String((folder.files[0]?.finishedParts().length ?? 0) + 1).padStart(6, '0')
    const file = join(folder.dir, `segment-changed.${number}.ndjson`)
    renameSync(folder.paths.segmentChanged, file)
    for (const bytes of [gzipSync('short'), undefined]) {
      if (bytes) writeFileSync(`${file}.gz`, bytes)
      else writeFileSync(file, 'short')
      await expect(outletOf(folder).fence(0)).rejects.toMatchObject({ code: 'state-foreign' })
    }
  })

  test('old parts may be moved elsewhere: the numbers go on', async () => {
    await publish(0, 12)
    await compressed(folder)
    const moved = partsOf(folder, 'segment-changed')
    for (const part of moved) rmSync(join(folder.dir, part))
    const before = readFileSync(folder.paths.segmentChanged, 'utf8')
    await outletOf(folder).fence(0)
    expect(readFileSync(folder.paths.segmentChanged, 'utf8')).toBe(before)
    await publish(13, 16)
    await compressed(folder)
    const next = String(moved.length + 1).padStart(6, '0')
    expect(partsOf(folder, 'segment-changed')[0]).toBe(`segment-changed.${next}.ndjson.gz`)
  })

  test('closing while a part is compressed leaves the part whole', async () => {
    await publish(0, 12)
    await folder.close()
    expect(readdirSync(folder.dir).filter((f) => f.endsWith('.tmp'))).toEqual([])
    expect(existsSync(folder.paths.segmentChanged)).toBe(true)
    const copy = wholeText(folder.paths.segmentChanged)
    expect(copy.split('\n').length - 1).toBe(26)
  })
})
