import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type WriteSome, writeSome } from '../../../src/adapters/embedded/disk.ts'
import { openRunFolder, type RunFolder } from '../../../src/adapters/embedded/run-folder.ts'
import { EmbeddedStore } from '../../../src/adapters/embedded/store.ts'
import { checkpoint } from '../../conformance/store.ts'
import { busyRevision, head, page, profile } from '../../support/revisions.ts'
import { discard, openFresh, outletOf, temporaryDir } from '../../support/run-folder.ts'

/** A disk that takes `room` more bytes, then fails with `code`. */
class Disk {
  room = Infinity
  code = 'ENOSPC'
  readonly write: WriteSome = async (fd, bytes, from, position) => {
    const some = Math.min(bytes.length - from, this.room)
    if (some === 0) throw Object.assign(new Error(`${this.code}: write`), { code: this.code })
    this.room -= some
    return writeSome(fd, bytes.subarray(0, from + some), from, position)
  }
}

const outputs = (folder: RunFolder): string =>
  ['segmentChanged', 'userSegments', 'deadLetter', 'journal']
    .map((name) => readFileSync(folder.paths[name as 'journal'], 'utf8'))
    .join('\n')

const pages = [
  page(busyRevision(0, 1)),
  page(busyRevision(1, 5), busyRevision(2, 5)),
  page(busyRevision(3, 1)),
]

async function expectedOutputs(): Promise<string> {
  const folder = await openFresh()
  const outlet = outletOf(folder)
  const fence = await outlet.fence(0)
  for (const p of pages) await outlet.publish(fence, p)
  const expected = outputs(folder)
  await discard(folder)
  return expected
}

describe('a disk that fails', () => {
  test.each([
    ['ENOSPC', 'disk-full'],
    ['EDQUOT', 'disk-full'],
    ['EIO', 'disk-error'],
  ])(
    'with %s rejects with %s and voids the fence; after it is well the bytes are exact',
    async (code, expected) => {
      const want = await expectedOutputs()
      for (const room of [0, 1, 700, 3000, 6000, 9000]) {
        const disk = new Disk()
        const folder = await openFresh({ write: disk.write })
        const outlet = outletOf(folder)
        const fence = await outlet.fence(0)
        await outlet.publish(fence, pages[0] as (typeof pages)[0])
        disk.code = code
        disk.room = room
        const message = expect.stringContaining(folder.dir) as string
        await expect(outlet.publish(fence, pages[1] as (typeof pages)[0])).rejects.toMatchObject({
          code: expected,
          message,
        })
        await expect(outlet.publish(fence, pages[1] as (typeof pages)[0])).rejects.toMatchObject({
          code: 'task-fenced',
        })
        disk.room = Infinity
        const next = await outlet.fence(0)
        const rev = (await outlet.tail(next))?.rev ?? -1
        const rest = pages.flatMap((p) => p.revisions).filter((r) => r.line.rev > rev)
        await outlet.publish(next, page(...rest))
        expect(outputs(folder)).toBe(want)
        await discard(folder)
      }
    },
  )
})

test('a page is refused only when nothing of it is being written any more', async () => {
  let calls = 0
  const folder = await openFresh({
    write: async (fd, bytes, from, position) => {
      calls++
      if (calls === 5) throw Object.assign(new Error('full'), { code: 'ENOSPC' })
      if (calls === 6) await new Promise((resolve) => setTimeout(resolve, 50))
      return writeSome(fd, bytes, from, position)
    },
  })
  const outlet = outletOf(folder)
  const fence = await outlet.fence(0)
  await outlet.publish(fence, page(busyRevision(0, 1)))
  const before = outputs(folder)
  calls = 4
  await expect(outlet.publish(fence, page(busyRevision(1, 1)))).rejects.toMatchObject({ code: 'disk-full' })
  await outlet.fence(0)
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(outputs(folder)).toBe(before)
  await discard(folder)
})

/** A small file system of its own, where this process may make one. */
function mount(dir: string): boolean {
  mkdirSync(dir, { recursive: true })
  return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', dir]).status === 0
}

const probe = temporaryDir()
const canMount = mount(probe)
if (canMount) spawnSync('umount', [probe])
rmSync(probe, { recursive: true, force: true })

describe.skipIf(!canMount)('a real disk of one megabyte (needs the right to mount one)', () => {
  test('that fills up says so; with space again the outputs are exact and the state can be opened', async () => {
    const want = await expectedOutputs()
    const dir = temporaryDir()
    expect(mount(dir)).toBe(true)
    try {
      const folder = await openRunFolder(join(dir, 'run'), { create: true })
      const outlet = outletOf(folder)
      const store = new EmbeddedStore(folder)
      const fence = await outlet.fence(0)
      await outlet.publish(fence, pages[0] as (typeof pages)[0])
      await store.take(fence, 'a')
      expect(await store.checkpoint(0, checkpoint({ head: head(0), profiles: [profile('u', 1)] }))).toBe('ok')

      let ballast = 1024 * 1024
      for (; ballast > 0; ballast = Math.floor(ballast / 2)) fill(join(dir, `ballast-${ballast}`), ballast)
      await expect(outlet.publish(fence, pages[1] as (typeof pages)[0])).rejects.toMatchObject({
        code: 'disk-full',
        message: expect.stringMatching(/^publish to .*ENOSPC/) as string,
      })
      const many = Array.from({ length: 2000 }, (_, i) => profile(`user-${i}`, i))
      const late = checkpoint({ after: 0, head: head(1), profiles: many })
      await expect(store.checkpoint(0, late)).rejects.toMatchObject({ code: 'disk-full' })
      // Half a write may stand in its log: nothing more is written to it.
      for (let size = 1024 * 1024; size > 0; size = Math.floor(size / 2)) {
        rmSync(join(dir, `ballast-${size}`), { force: true })
      }
      await expect(store.checkpoint(0, late)).rejects.toMatchObject({ code: 'disk-full' })

      const next = await outlet.fence(0)
      for (const p of pages.slice(1)) await outlet.publish(next, p)
      expect(outputs(folder)).toBe(want)
      await folder.close()

      const again = await openRunFolder(join(dir, 'run'), { create: false })
      const other = new EmbeddedStore(again)
      expect((await other.take({ task: 0 }, 'b'))?.rev).toBe(0)
      expect(await other.checkpoint(0, { ...late, token: 'b' })).toBe('ok')
      await again.close()
    } finally {
      spawnSync('umount', [dir])
      rmSync(dir, { recursive: true, force: true })
    }
  })
})

function fill(file: string, bytes: number): void {
  try {
    writeFileSync(file, Buffer.alloc(bytes))
  } catch {
    // Full, which is the purpose.
  }
}
