import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { run, tempFolder } from '../cli/run.ts'
import {
  failure,
  leaveNothingRunning,
  linesIn,
  outputsOf,
  start,
  stream,
  until,
  type Outputs,
} from './program.ts'
import { smallShop, textOf, type SmallShop } from './small-shop.ts'

// large enough that a run is stopped in its middle
const SIZE = { users: 1500, days: 30 }

const folder = tempFolder()
leaveNothingRunning()
let shop: SmallShop
let undisturbed: Outputs

const dirOf = (name: string): string => join(folder, name)
const argsOf = (name: string): string[] => [
  'stream',
  shop.path,
  '--model',
  shop.model,
  '--state',
  dirOf(name),
]
const inTheMiddle = (name: string): Promise<void> =>
  until('a page is published', () => linesIn(join(dirOf(name), 'journal.ndjson')) > 1)

beforeAll(async () => {
  shop = await smallShop(folder, SIZE)
  await stream(0, shop.path, '--model', shop.model, '--state', dirOf('undisturbed'))
  undisturbed = outputsOf(dirOf('undisturbed'))
})

describe('a run that is asked to stop', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'by %s publishes and stores what it has, says where it stands, and goes on from there',
    async (signal) => {
      const program = start(argsOf(signal))
      await inTheMiddle(signal)
      program.kill(signal)
      const { code, out, err } = await program.ended
      expect({ code, err }).toMatchObject({
        code: 0,
        err: expect.stringContaining('stopping: one last page') as string,
      })
      const place = /as asked, revision [\d,]+, shop\.ndjson at record ([\d,]+)/.exec(out)
      expect(Number(place?.[1]?.replaceAll(',', ''))).toBeLessThan(shop.lines.length)
      // nothing is left to be folded again
      const again = await stream(0, '--state', dirOf(signal))
      expect(again.err).toBe('')
      expect(outputsOf(dirOf(signal))).toEqual(undisturbed)
    },
  )

  it('a second time ends at once, and nothing is lost', async () => {
    const program = start(argsOf('twice'))
    await inTheMiddle('twice')
    // both reach it before it does anything else
    for (const signal of ['SIGSTOP', 'SIGINT', 'SIGTERM', 'SIGCONT'] as const) program.kill(signal)
    expect((await program.ended).code).toBe(130)
    await stream(0, '--state', dirOf('twice'))
    expect(outputsOf(dirOf('twice'))).toEqual(undisturbed)
  })
})

describe('a stream that is not yet back at its stored position', () => {
  it('is given up when the run is asked to stop, and answers on its port meanwhile', async () => {
    const dir = dirOf('silent')
    const lines = shop.lines.slice(0, 50)
    const first = start(['stream', '-', '--model', shop.model, '--state', dir])
    first.write(textOf(lines))
    first.closeInput()
    expect((await first.ended).code).toBe(0)
    const ops = ['--ops-port', '0', '--ops-host', '127.0.0.2']
    const second = start(['stream', '-', '--state', dir, ...ops])
    second.write(textOf(lines.slice(0, 20)))
    await until('it listens', () => second.err().includes('answers at'))
    const url = /answers at (\S+):/.exec(second.err())?.[1] ?? ''
    expect(url).toMatch(/^http:\/\/127\.0\.0\.2:\d+$/)
    const status = (await (await fetch(`${url}/tasks`)).json()) as { tasks: { task: number }[] }
    expect(status.tasks.map(({ task }) => task)).toEqual([0])
    second.kill('SIGTERM')
    expect((await second.ended).code).toBe(0)
  })
})

describe('two processes on one folder', () => {
  it('the second one is told who works there, and disturbs nothing', async () => {
    const first = start([...argsOf('shared'), '--follow'])
    await inTheMiddle('shared')
    for (const args of [
      argsOf('shared'),
      ['stream', '--state', dirOf('shared')],
      ['replay', '--state', dirOf('shared')],
    ]) {
      const second = await run(args)
      const parts = ['error [folder-in-use]: ', dirOf('shared'), `process ${first.pid}\n`, 'Stop it first']
      expect(failure(second, parts)).toEqual({ code: 1, missing: [], said: '' })
    }
    first.kill('SIGTERM')
    expect((await first.ended).code).toBe(0)
  })
})
