import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { run, tempFolder } from './run.ts'

const dir = tempFolder()
beforeAll(async () => {
  const shop = join(dir, 'shop.ndjson')
  await run(['generate', '--users', '200', '--days', '20', '--out', shop])
  const train = ['train', '--events', shop, '--as-of', '2025-01-15', '--k', '3', '--out', join(dir, 'model')]
  expect((await run(train)).err).not.toContain('error')
  const stream = ['stream', shop, '--model', join(dir, 'model'), '--state', join(dir, 'run')]
  expect(await run(stream)).toMatchObject({ code: 0 })
})

it('hold and release are commands of the control input: status shows what they came to', async () => {
  const state = ['--state', join(dir, 'run')]
  expect(await run(['guards', 'hold', '--reason', 'tracker is away', ...state])).toMatchObject({ code: 0 })
  expect(await run(['stream', ...state])).toMatchObject({ code: 0 })
  const [line] = JSON.parse((await run(['guards', 'status', '--json', ...state])).out) as unknown[]
  expect(line).toMatchObject({ task: 0, operator: true, hold: null })
  expect(await run(['guards', 'release', ...state])).toMatchObject({ code: 0 })
  expect(await run(['stream', ...state])).toMatchObject({ code: 0 })
  expect((await run(['guards', 'status', ...state])).out).toContain('nobody')
})

it('wants one state, that of a run folder or of a consumer', async () => {
  expect(await run(['guards', 'release'])).toMatchObject({ code: 2 })
  expect(await run(['guards', 'status', '--state', 'a', '--config', 'b'])).toMatchObject({ code: 2 })
})
