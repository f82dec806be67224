import { join } from 'node:path'
import { expect, it } from 'vitest'
import { EmbeddedOutlet } from '../../src/adapters/embedded/outlet.ts'
import { openRunFolder, type RunFolder } from '../../src/adapters/embedded/run-folder.ts'
import { EmbeddedStore } from '../../src/adapters/embedded/store.ts'
import { replay } from '../../src/app/replay.ts'
import { TaskLoop } from '../../src/app/task/loop.ts'
import type { TaskOptions, TaskPorts } from '../../src/app/task/options.ts'
import type { Telemetry } from '../../src/ports/telemetry.ts'
import { MINUTE_MS, SECOND_MS } from '../../src/domain/base/duration.ts'
import { differences, outcomeOf, type Outcome } from '../crash/outcome.ts'
import { tempFolder } from '../cli/run.ts'
import { makeScenario, SIM_RHYTHM, T0, type Scenario } from '../sim/scenario.ts'
import { SimBroker } from '../sim/servers.ts'
import { NONE, Proc, World } from '../sim/world.ts'
import { foldOptions } from '../app/task/folding.ts'

/** How many seeded lives. */
const SEEDS = Number(process.env['REPLAY_SEEDS'] ?? 40)
const APP = 'sim'
const SILENT: Telemetry = {
  point: () => undefined,
  notice: () => undefined,
  count: () => undefined,
  observe: () => undefined,
}
const folder = tempFolder()

/** Awaits what the disk does before the simulated world goes on, so that a seed is one life. */
class Disk {
  #waiting = 0

  watch<T extends object>(door: T): T {
    const methods = new Set<PropertyKey>(['fence', 'tail', 'publish', 'take', 'read', 'checkpoint'])
    return new Proxy(door, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target)
        if (typeof member !== 'function') return member
        return (...args: unknown[]): unknown => {
          const result: unknown = Reflect.apply(member, target, args)
          if (!methods.has(name)) return result
          this.#waiting++
          return Promise.resolve(result).finally(() => this.#waiting--)
        }
      },
    })
  }

  async quiet(): Promise<void> {
    do await new Promise((resolve) => setImmediate(resolve))
    while (this.#waiting > 0)
  }
}

function optionsOf(world: World, scenario: Scenario): TaskOptions {
  const { random } = world
  return {
    ...foldOptions(scenario, {
      revisionSteps: 1 + random.below(12),
      maxProfiles: 2 + random.below(10),
      rhythm: SIM_RHYTHM,
    }),
    page: {
      maxRecords: 1 + random.below(40),
      maxOutputs: 20,
      maxAgeMs: SECOND_MS,
      maxQuietAgeMs: 10 * SECOND_MS,
    },
    checkpointIntervalMs: random.below(90) * SECOND_MS,
    maxDirtyProfiles: 8,
    pollLimit: { records: 6, bytes: 1 << 20 },
    duesPerRead: 1 + random.below(4),
    idleWaitMs: SECOND_MS + random.below(30 * SECOND_MS),
    refusals: undefined,
    watchIntervalMs: undefined,
    quietLineMs: undefined,
    // how late the clock follows, where inputs are idle
    tickAllowanceMs: random.below(3) * MINUTE_MS,
    newToken: () => `token-${random.below(1e9)}`,
    genesis: { app: APP, formats: {}, liveFrom: 0 },
    startAt: (bounds) => Object.fromEntries(Object.entries(bounds).map(([t, b]) => [t, b.start])),
  }
}

interface Life {
  readonly kills: number
  readonly holds: number
  readonly ticks: number
  readonly broker: SimBroker
  readonly options: TaskOptions
}

/** Streams a scenario into a folder as it comes in, with pauses, idle inputs and kills. */
async function live(seed: number, dir: string): Promise<Life> {
  const world = new World(seed, T0, NONE)
  world.pace = { often: 0.2, upToMs: 20 * SECOND_MS }
  const scenario = makeScenario(world.random, true)
  const broker = new SimBroker(world, scenario.inputs)
  const options = optionsOf(world, scenario)
  let kills = 0
  for (;;) {
    const run = await openRunFolder(dir, { create: true })
    const proc = new Proc('p')
    const disk = new Disk()
    const state: { end?: unknown } = {}
    const ports = portsOf(run, disk, { source: broker.source(proc), clock: world.clock(proc) })
    const loop = new TaskLoop(0, ports, options, {
      rest: (_task, ended) => {
        if (ended) loop.dispatch({ type: 'end' })
      },
      left: () => (state.end = 'done'),
      stopped: (_task, error) => (state.end = error),
      crashed: (_task, error) => (state.end = error),
    })
    loop.dispatch({ type: 'given' })
    const lasts = 20 + world.random.below(600)
    for (let turns = 0; state.end === undefined && turns < lasts; turns++) {
      await disk.quiet()
      await world.turn()
    }
    await disk.quiet()
    world.kill(proc)
    await run.close()
    if (state.end instanceof Error) throw state.end
    if (state.end === 'done') break
    kills++
    expect(kills).toBeLessThan(500)
  }
  const run = await openRunFolder(dir, { create: false, readOnly: true })
  const lines = []
  for await (const line of new EmbeddedOutlet(run, APP).journal(0, -1)) lines.push(line)
  await run.close()
  const holds = lines.filter(({ held }) => held !== undefined && held.why !== 'over').length
  return { kills, holds, ticks: lines.filter(({ tick }) => tick !== undefined).length, broker, options }
}

function portsOf(run: RunFolder, disk: Disk, doors: Pick<TaskPorts, 'source' | 'clock'>): TaskPorts {
  const outlet = disk.watch(new EmbeddedOutlet(run, APP))
  return { ...doors, outlet, store: disk.watch(new EmbeddedStore(run)), telemetry: SILENT }
}

/** The same past by its journal, into another folder, cut into other pages and with another memory. */
async function again({ broker, options }: Life, dir: string, into: string): Promise<number> {
  const past = await openRunFolder(dir, { create: false, readOnly: true })
  const scratch = await openRunFolder(into, { create: true })
  const [world, proc, disk] = [broker.world, new Proc('replay'), new Disk()]
  const ports = portsOf(scratch, disk, { source: broker.source(proc), clock: world.clock(proc) })
  const journal = new EmbeddedOutlet(past, APP)
  const state = { over: false }
  const result = replay({
    // its guards would decide otherwise, and are not asked
    options: { ...options, maxProfiles: 1000, tickAllowanceMs: undefined, guard: undefined },
    journal,
    ports,
  }).finally(() => (state.over = true))
  while (!state.over) {
    await disk.quiet()
    await world.turn()
  }
  await past.close()
  await scratch.close()
  return (await result).diverged
}

/** What must be the same: a replay says of each move that it is one, and where its lines lie in its own files. */
const comparable = (o: Outcome): Outcome => ({
  ...o,
  segmentChanged: o.segmentChanged.replaceAll('"origin":"replay"', '"origin":"live"'),
  journal: o.journal.replaceAll(/,"files":\{[^}]*\}/g, ''),
})

it(
  `${SEEDS} lives with pauses, idle inputs, a late clock, kills and holds, replayed by their journals: outputs and state bit for bit`,
  { timeout: 600_000 },
  async () => {
    const total = { kills: 0, holds: 0, ticks: 0 }
    for (let seed = 1; seed <= SEEDS; seed++) {
      const [dir, into] = [join(folder, `${seed}-live`), join(folder, `${seed}-replay`)]
      const life = await live(seed, dir)
      for (const key of ['kills', 'holds', 'ticks'] as const) total[key] += life[key]
      expect(await again(life, dir, into), `seed ${seed}`).toBe(0)
      const [was, is] = [await outcomeOf(dir), await outcomeOf(into)].map(comparable) as [Outcome, Outcome]
      expect(differences(was, is), `seed ${seed}`).toEqual([])
    }
    // what is shown holds of lives that had all of it
    for (const n of Object.values(total)) expect(n).toBeGreaterThan(SEEDS / 4)
    process.stdout.write(`replayed ${SEEDS} lives: ${JSON.stringify(total)}\n`)
  },
)
