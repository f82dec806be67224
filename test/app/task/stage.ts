import { MINUTE_MS, SECOND_MS } from '../../../src/domain/base/duration.ts'
import { seededRandom } from '../../../src/domain/base/random.ts'
import { TaskLoop } from '../../../src/app/task/loop.ts'
import type { TaskOptions, TaskPorts } from '../../../src/app/task/options.ts'
import type { SegmentationError } from '../../../src/errors.ts'
import type { Notice } from '../../../src/ports/telemetry.ts'
import { makeScenario, T0, type Scenario } from '../../sim/scenario.ts'
import { SimBroker } from '../../sim/servers.ts'
import { SimStoreServer } from '../../sim/sim-store.ts'
import { NONE, Proc, World } from '../../sim/world.ts'
import { foldOptions } from './folding.ts'

/** What a process of the stage saw and said. */
export interface Actor {
  readonly loop: TaskLoop
  readonly ports: TaskPorts
  readonly options: TaskOptions
  readonly points: string[]
  readonly notices: Notice[]
  left: number
  stopped: SegmentationError | undefined
  crashed: unknown
}

/** Servers without trouble of their own, over one scenario, and processes whose ports a test may bend. */
export class Stage {
  readonly world = new World(1, T0, NONE)
  readonly scenario: Scenario
  readonly broker: SimBroker
  readonly store: SimStoreServer
  #actors = 0

  constructor(seed = 11, live = false) {
    this.scenario = makeScenario(seededRandom(seed), live)
    this.broker = new SimBroker(this.world, this.scenario.inputs)
    this.store = new SimStoreServer(this.world, () => undefined)
  }

  actor(
    options: Partial<TaskOptions> = {},
    bend: (ports: TaskPorts) => Partial<TaskPorts> = () => ({}),
  ): Actor {
    const { world } = this
    const proc = new Proc(`p${++this.#actors}`)
    const points: string[] = []
    const notices: Notice[] = []
    const ports: TaskPorts = {
      source: this.broker.source(proc),
      outlet: this.broker.outlet(proc),
      store: this.store.store(proc),
      clock: world.clock(proc),
      telemetry: {
        point: (_p, name) => points.push(name),
        notice: (notice) => notices.push(notice),
        count: () => undefined,
        observe: () => undefined,
      },
    }
    const all: TaskOptions = {
      ...foldOptions(this.scenario, { revisionSteps: 5 }),
      page: { maxRecords: 20, maxOutputs: 20, maxAgeMs: SECOND_MS, maxQuietAgeMs: SECOND_MS },
      checkpointIntervalMs: SECOND_MS,
      maxDirtyProfiles: 1000,
      pollLimit: { records: 6, bytes: 1 << 20 },
      duesPerRead: 3,
      idleWaitMs: MINUTE_MS,
      tickAllowanceMs: undefined,
      refusals: undefined,
      watchIntervalMs: 5 * SECOND_MS,
      quietLineMs: undefined,
      newToken: () => `token ${proc.name} ${world.turns}`,
      genesis: { app: 'sim', formats: {}, liveFrom: 0 },
      startAt: (bounds) => Object.fromEntries(Object.entries(bounds).map(([t, b]) => [t, b.start])),
      ...options,
    }
    const state = { left: 0, stopped: undefined, crashed: undefined }
    const loop = new TaskLoop(0, { ...ports, ...bend(ports) }, all, {
      rest: (_t, ended) => {
        if (ended) loop.dispatch({ type: 'end' })
      },
      left: () => actor.left++,
      stopped: (_t, error) => (actor.stopped = error),
      crashed: (_t, error) => (actor.crashed = error),
    })
    const actor: Actor = Object.assign(state, { loop, ports, options: all, points, notices })
    return actor
  }

  /** Lets the world go on until `done`, at most `turns` turns. False: it never was. */
  async until(done: () => boolean, turns = 5000): Promise<boolean> {
    for (let i = 0; i < turns; i++) {
      if (done()) return true
      await this.world.turn()
    }
    return done()
  }

  /** Revisions published more or less than once, or out of order. */
  get orderly(): boolean {
    return this.broker.published.every((r, i) => r.line.rev === i)
  }
}
