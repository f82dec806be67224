import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { run, tempFolder } from '../cli/run.ts'
import { failure, outputsOf, stream, USER_ID } from './program.ts'
import { smallShop } from './small-shop.ts'

const folder = tempFolder()
const disk = join(folder, 'disk')

function mount(size: string, ...options: string[]): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', [`size=${size}`, ...options].join(','), 'tmpfs', disk], {
      stdio: 'ignore',
    })
    return true
  } catch {
    return false
  }
}

mkdirSync(disk)
const mounted = process.platform === 'linux' && mount('1m')
afterAll(() => {
  if (mounted) execFileSync('umount', [disk])
})
if (!mounted) process.stdout.write('no small disk can be mounted here: a full disk is not tested\n')

it.skipIf(!mounted)(
  'a full disk ends the run with one message; with more room it goes on and nothing is lost',
  async () => {
    const shop = await smallShop(folder, { users: 400, days: 30 })
    await stream(0, shop.path, '--model', shop.model, '--state', join(folder, 'roomy'))
    const dir = join(disk, 'run')
    const args = ['stream', shop.path, '--model', shop.model, '--state', dir]
    let times = 0
    // where it fills up differs: in a page, in the state, on opening what it left
    for (const size of ['1m', '1m', '1500k', '2m', '3m']) {
      mount(size, 'remount')
      const full = await run(args)
      if (full.code === 0) break
      times++
      const parts = ['error [disk-full]: ', dir, 'Free space on the disk and run the same command again']
      expect(failure(full, parts)).toEqual({ code: 1, missing: [], said: '' })
      expect(full.err).not.toMatch(USER_ID)
    }
    expect(times).toBeGreaterThanOrEqual(2)
    mount('64m', 'remount')
    await stream(0, ...args.slice(1))
    expect(outputsOf(dir)).toEqual(outputsOf(join(folder, 'roomy')))
  },
)
