import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { KEYS } from '../../../src/adapters/embedded/keys.ts'
import { EmbeddedReader } from '../../../src/adapters/embedded/reader.ts'
import { openRunFolder } from '../../../src/adapters/embedded/run-folder.ts'
import { EmbeddedStore } from '../../../src/adapters/embedded/store.ts'
import { lines } from '../../conformance/outlet.ts'
import { checkpoint } from '../../conformance/store.ts'
import { busyRevision, head, membership, page, profile, revision } from '../../support/revisions.ts'
import { outletOf, temporaryDir } from '../../support/run-folder.ts'

const create = { create: true }

/** Another process that holds the lock of a run folder, until it is killed. */
async function otherProcess(dir: string): Promise<ChildProcess> {
  const program = `
    import { ClassicLevel } from 'classic-level'
    import { writeFileSync } from 'node:fs'
    const db = new ClassicLevel(${JSON.stringify(join(dir, 'state'))})
    await db.open()
    writeFileSync(${JSON.stringify(join(dir, 'pid'))}, String(process.pid))
    console.log('open')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    cwd: resolve(import.meta.dirname, '../../..'),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  return child
}

describe('a run folder', () => {
  let dir: string
  beforeEach(() => {
    dir = temporaryDir()
  })
  afterEach(() => rmSync(dir, { recursive: true, force: true }))

  test('is made where it is missing, and only if that is wanted', async () => {
    const deep = join(dir, 'a', 'b')
    await expect(openRunFolder(deep, { create: false })).rejects.toMatchObject({ code: 'folder-missing' })
    expect(existsSync(deep)).toBe(false)
    await (await openRunFolder(deep, create)).close()
    await (await openRunFolder(deep, { create: false })).close()
  })

  test('is not what a file stands in the way of', async () => {
    writeFileSync(join(dir, 'file'), '')
    await expect(openRunFolder(join(dir, 'file'), create)).rejects.toMatchObject({ code: 'disk-error' })
  })

  test('has one owner at a time, for writing or reading; the error names the process', async () => {
    const folder = await openRunFolder(dir, create)
    for (const readOnly of [false, true]) {
      await expect(openRunFolder(dir, { create: false, readOnly })).rejects.toMatchObject({
        code: 'folder-in-use',
        message: `${dir} is in use by this process (${process.pid})`,
      })
    }
    await folder.close()
    await folder.close()
    const again = await openRunFolder(dir, create)
    await again.close()
    expect(existsSync(again.paths.pid)).toBe(false)
  })

  test('is free again when its owner is killed, and not before', async () => {
    await (await openRunFolder(dir, create)).close()
    const child = await otherProcess(dir)
    try {
      await expect(openRunFolder(dir, create)).rejects.toMatchObject({
        code: 'folder-in-use',
        message: `${dir} is in use by process ${child.pid}`,
      })
    } finally {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    const folder = await openRunFolder(dir, create)
    expect(readFileSync(folder.paths.pid, 'utf8')).toBe(`${process.pid}\n`)
    await folder.close()
  })

  test('of another format is refused and left as it is', async () => {
    const folder = await openRunFolder(dir, create)
    await folder.db.put(KEYS.format, Buffer.from('99'))
    await folder.close()
    for (const readOnly of [false, true]) {
      await expect(openRunFolder(dir, { create: true, readOnly })).rejects.toMatchObject({
        code: 'state-version',
        message: `${join(dir, 'state')}: expected format 1, found 99`,
      })
    }
  })

  test('whose state misses a file is refused as lost', async () => {
    const folder = await openRunFolder(dir, create)
    const { state } = folder.paths
    await folder.close()
    rmSync(join(state, readFileSync(join(state, 'CURRENT'), 'utf8').trim()))
    await expect(openRunFolder(dir, create)).rejects.toMatchObject({ code: 'state-lost' })
  })

  test('opened for reading shows state and journal, and writes to no output', async () => {
    const folder = await openRunFolder(dir, create)
    const outlet = outletOf(folder)
    await outlet.publish(await outlet.fence(0), page(busyRevision(0, 1), revision(1)))
    const store = new EmbeddedStore(folder)
    await store.take({ task: 0 }, 'a')
    await store.checkpoint(0, checkpoint({ memberships: [membership('u', 'loyal')] }))
    await folder.close()
    writeFileSync(folder.paths.journal, `${readFileSync(folder.paths.journal, 'utf8')}{"torn`)
    const before = readFileSync(folder.paths.journal)

    const reading = await openRunFolder(dir, { create: false, readOnly: true })
    expect((await new EmbeddedReader(reading).membership('u'))?.segment).toBe('loyal')
    expect((await lines(outletOf(reading))).map((l) => l.rev)).toEqual([0, 1])
    await expect(outletOf(reading).fence(0)).rejects.toMatchObject({ code: 'task-fenced' })
    expect(readFileSync(folder.paths.journal)).toEqual(before)
    await reading.close()
  })

  test('that holds a journal and no state has no head', async () => {
    mkdirSync(dir, { recursive: true })
    writeFileSync(join(dir, 'journal.ndjson'), '')
    const folder = await openRunFolder(dir, { create: false })
    expect(await new EmbeddedStore(folder).take({ task: 0 }, 'a')).toBeUndefined()
    await folder.close()
  })

  test('may forget its state and begin it again', async () => {
    const folder = await openRunFolder(dir, create)
    const store = new EmbeddedStore(folder)
    await store.take({ task: 0 }, 'a')
    await store.checkpoint(
      0,
      checkpoint({ profiles: [profile('u', 1)], memberships: [membership('u', 'loyal')] }),
    )
    await folder.clearState()
    expect(await store.take({ task: 0 }, 'b')).toBeUndefined()
    expect(await store.checkpoint(0, checkpoint({ token: 'b', head: head(3) }))).toBe('ok')
    await folder.close()
    await (await openRunFolder(dir, create)).close()
  })

  test('that was closed belongs to nobody', async () => {
    const folder = await openRunFolder(dir, create)
    const outlet = outletOf(folder)
    const store = new EmbeddedStore(folder)
    const fence = await outlet.fence(0)
    await store.take(fence, 'a')
    await folder.close()
    await expect(outlet.publish(fence, page(revision(0)))).rejects.toMatchObject({ code: 'task-fenced' })
    await expect(outlet.fence(0)).rejects.toMatchObject({ code: 'task-fenced' })
    await expect(store.read(0, 'a', [], 0, 1)).rejects.toMatchObject({ code: 'task-fenced' })
    await expect(store.take(fence, 'b')).rejects.toMatchObject({ code: 'task-fenced' })
    expect(await store.checkpoint(0, checkpoint())).toBe('fenced')
  })
})
