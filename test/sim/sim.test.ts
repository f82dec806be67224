import { expect, test } from 'vitest'
import { Simulation, type Outcome } from './simulate.ts'

const SEEDS = Number(process.env['SIM_SEEDS'] ?? 2000)
const FIRST = Number(process.env['SIM_FIRST'] ?? 1)

test(`${SEEDS} seeded schedules of trouble end exactly as one quiet thread would (R1–R6, T1–T9)`, { timeout: 600_000 }, async () => {
  const total = { revisions: 0, transitions: 0, kills: 0, takeovers: 0, failOvers: 0 }
  const bad: Outcome[] = []
  for (let seed = FIRST; seed < FIRST + SEEDS && bad.length < 5; seed++) {
    const outcome = await new Simulation(seed).run()
    for (const key of Object.keys(total) as (keyof typeof total)[]) total[key] += outcome[key]
    if (outcome.faults.length > 0) bad.push(outcome)
  }
  process.stdout.write(`simulated ${SEEDS} seeds: ${JSON.stringify(total)}, ${bad.length} differ\n`)
  expect(bad.map((o) => `seed ${o.seed}: ${o.faults.slice(0, 3).join('; ')}`)).toEqual([])
})
