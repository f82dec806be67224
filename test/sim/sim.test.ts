import { expect, test } from 'vitest'
import { Simulation, type Outcome } from './simulate.ts'

/** How many schedules, from which one on, and after how many wrong ones to give up. */
const SEEDS = Number(process.env['SIM_SEEDS'] ?? 1500)
const FIRST = Number(process.env['SIM_FIRST'] ?? 1)
const WRONG = Number(process.env['SIM_WRONG'] ?? 5)

const again = (seed: number): string =>
  `SIM_FIRST=${seed} SIM_SEEDS=1 npx vitest run --config test/config/vitest.config.ts test/sim`

test(
  `${SEEDS} seeded schedules of trouble end exactly as one quiet thread would (R1–R6, T1–T9, T16, T17)`,
  { timeout: 600_000 },
  async () => {
    const total = { revisions: 0, transitions: 0, kills: 0, takeovers: 0, losses: 0, accepted: 0, holds: 0 }
    const wrong: Outcome[] = []
    let seed = FIRST
    for (; seed < FIRST + SEEDS && wrong.length < WRONG; seed++) {
      const outcome = await new Simulation(seed).run()
      for (const key of Object.keys(total) as (keyof typeof total)[]) total[key] += outcome[key]
      if (outcome.faults.length > 0) wrong.push(outcome)
    }
    process.stdout.write(
      `simulated ${seed - FIRST} seeds: ${JSON.stringify(total)}, ${wrong.length} differ\n`,
    )
    expect(
      wrong.map((o) => `seed ${o.seed}: ${o.faults.slice(0, 3).join('; ')}\n  ${again(o.seed)}`),
    ).toEqual([])
  },
)
