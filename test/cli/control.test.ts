import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import type { Planned } from '../../src/app/plan-promotion.ts'
import { DAY_MS } from '../../src/domain/base/duration.ts'
import { run, tempFolder } from './run.ts'

const dir = tempFolder()
beforeAll(async () => {
  const shop = join(dir, 'shop.ndjson')
  await run(['generate', '--users', '200', '--days', '20', '--out', shop])
  const train = [
    'train',
    '--events',
    shop,
    '--as-of',
    '2025-01-15',
    '--feature-set',
    'default',
    '--k',
    '3',
    '--out',
    join(dir, 'model'),
  ]
  expect((await run(train)).err).not.toContain('error')
  const stream = ['stream', shop, '--model', join(dir, 'model'), '--state', join(dir, 'run')]
  expect(await run(stream)).toMatchObject({ code: 0 })
})

it('promote is refused while the state is younger than what the features look back, and says until when', async () => {
  const promote = ['promote', '--model', join(dir, 'model'), '--state', join(dir, 'run')]
  const refused = await run(promote)
  expect(refused).toMatchObject({ code: 2 })
  expect(refused.err).toMatch(/aggregates-young.*not before 202[56]-\d\d-\d\d/s)
  const plan = JSON.parse((await run([...promote, '--plan', '--share', '50%', '--json'])).out) as Planned
  // the same bundle is no other bundle
  expect(plan).toMatchObject({ moved: 0, flows: [] })
  expect(plan.members).toBeGreaterThan(50)
  expect(await run([...promote, '--young', '--share', '12.5%', '--ramp', '7d'])).toMatchObject({ code: 0 })
  expect(await run(['rollback', '--state', join(dir, 'run')])).toMatchObject({ code: 0 })
  const lines = readFileSync(join(dir, 'run/control.ndjson'), 'utf8').trim().split('\n')
  const [, promoted, back] = lines.map((line) => JSON.parse(line) as unknown)
  expect(promoted).toMatchObject({ command: 'promote', share: 0.125, rampMs: 7 * DAY_MS })
  expect(back).toMatchObject({ command: 'rollback' })
  expect(await run([...promote, '--share', '101%'])).toMatchObject({ code: 2 })
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
