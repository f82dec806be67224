import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { POINTS, type Point } from '../../src/ports/telemetry.ts'
import { tempFolder } from '../cli/run.ts'
import { live, type Life } from './life.ts'
import { differences, outcomeOf, unrolled, type Outcome } from './outcome.ts'
import { CALM, plans, type Plan } from './plans.ts'
import { makeShop, type Shop } from './shop.ts'

const ROUNDS = Number(process.env['CRASH_ROUNDS'] ?? 3)
const STARTED_AT = Date.UTC(2025, 5, 1)
const TIMEOUT_MS = 600_000

const folder = tempFolder()
const killedAt = new Map<Point | 'time', number>()
let shop: Shop
let undisturbed: Outcome
let undisturbedMs: number
let kills = 0
let different = 0

function lifeOf(dir: string, { options, rollBytes }: Plan['setting']): Life {
  return { dir, asked: shop.asked, commands: shop.commands, startedAt: STARTED_AT, options, rollBytes }
}

/** Every kill of a plan in one folder, then to the end. A kill whose point is not passed so often ends the run. */
async function carryOut(plan: Plan, dir: string): Promise<void> {
  const life = lifeOf(dir, plan.setting)
  for (const kill of plan.kills) {
    const timed = 'afterShare' in kill
    const end = await (timed ? live(life, kill.afterShare * undisturbedMs) : live({ ...life, kill }))
    if (end.type === 'done') continue
    const name = timed ? 'time' : kill.point
    killedAt.set(name, (killedAt.get(name) ?? 0) + 1)
    kills++
  }
  expect(await live(life)).toMatchObject({ type: 'done' })
}

beforeAll(async () => {
  shop = await makeShop(join(folder, 'shop'))
  const dir = join(folder, 'undisturbed')
  const began = performance.now()
  await live(lifeOf(dir, CALM))
  undisturbedMs = performance.now() - began
  undisturbed = await outcomeOf(dir)
}, TIMEOUT_MS)

describe('the undisturbed run', () => {
  it('has something to lose: moves of all origins, broken lines, wakes, a second bundle', () => {
    const moves = undisturbed.segmentChanged.trimEnd().split('\n')
    const causes = new Set(moves.map((line) => /"cause":"(\w+)"/.exec(line)?.[1]))
    expect(moves.length).toBeGreaterThan(300)
    expect(causes).toEqual(new Set(['first', 'behaviour', 'inactivity', 'model']))
    expect(new Set(moves.map((line) => /"bundleVersion":"(\w+)"/.exec(line)?.[1])).size).toBe(2)
    expect(undisturbed.deadLetters.trimEnd().split('\n')).toHaveLength(shop.broken)
    expect(undisturbed.journal.split('\n').length).toBeGreaterThan(150)
  })
})

describe.concurrent('a process that is killed, at any point and as often as one likes', () => {
  it.each(plans(ROUNDS).map((plan, i) => ({ ...plan, i })))(
    '$title ($setting.name): ends with the bytes of the undisturbed run',
    async (plan) => {
      const dir = join(folder, `run-${plan.i}`)
      await carryOut(plan, dir)
      const rolled = plan.setting.rollBytes !== undefined
      const found = differences(rolled ? unrolled(undisturbed) : undisturbed, await outcomeOf(dir, rolled))
      different += found.length
      expect(found).toEqual([])
    },
    TIMEOUT_MS,
  )
})

describe('the kills', () => {
  it('hit every named point, so that none of them is a dead name', () => {
    const hit = POINTS.filter((point) => killedAt.has(point))
    process.stdout.write(`crash: ${hit.length} points × kills = ${kills}, differences ${different}\n`)
    expect(POINTS.filter((point) => !killedAt.has(point))).toEqual([])
    expect(killedAt.get('time')).toBeGreaterThan(ROUNDS)
  })
})
