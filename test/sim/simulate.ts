import { SegmentationError } from '../../src/errors.ts'
import { MINUTE_MS, SECOND_MS } from '../../src/domain/base/duration.ts'
import { TaskLoop } from '../../src/app/task/loop.ts'
import type { TaskOptions, TaskPorts } from '../../src/app/task/options.ts'
import { resume } from '../../src/app/task/resume.ts'
import type { Acceptance } from '../../src/ports/outlet.ts'
import type { Head } from '../../src/ports/store.ts'
import type { Positions } from '../../src/ports/types.ts'
import { faultsOf, pingPong } from './compare.ts'
import {
  HOLDOUT,
  makeScenario,
  MAX_AHEAD_MS,
  newProfiles,
  SIM_RHYTHM,
  T0,
  TASK_INPUTS,
  type Scenario,
} from './scenario.ts'
import { SimBroker } from './servers.ts'
import { SimStoreServer } from './sim-store.ts'
import { NONE, Proc, World } from './world.ts'

export interface Outcome {
  readonly seed: number
  /** What is wrong; empty: exact. */
  readonly faults: readonly string[]
  readonly revisions: number
  readonly transitions: number
  readonly kills: number
  readonly takeovers: number
  /** The store lost its newest writes, or all. */
  readonly losses: number
  /** Times that a person let the task go on. */
  readonly accepted: number
  /** Holds that guards began. */
  readonly holds: number
  readonly turns: number
}

interface Member {
  readonly proc: Proc
  readonly loop: TaskLoop
  done: boolean
  error: unknown
}

const MAX_TURNS = 20_000

/** One seeded schedule of trouble over one seeded shop, compared with the oracle at its end. */
export class Simulation {
  readonly world: World
  readonly broker: SimBroker
  readonly server: SimStoreServer
  readonly scenario: Scenario
  readonly #seed: number
  readonly #live: boolean
  /** How much more often than usual everything goes wrong. */
  readonly #rough: number
  #members: Member[] = []
  #kills = 0
  #losses = 0
  #changes = 0
  #accepting = false
  /** A stop that came while a person was still about another. */
  #askedAgain: Acceptance | undefined
  #accepted = 0
  readonly #faults: string[] = []
  /** Every head that was stored. */
  readonly #heads: Head[] = []

  constructor(seed: number) {
    this.#seed = seed
    this.world = new World(seed, T0, NONE)
    const { random } = this.world
    this.#live = random.below(3) > 0
    this.scenario = makeScenario(random, this.#live)
    this.broker = new SimBroker(this.world, this.scenario.inputs)
    this.server = new SimStoreServer(this.world, (head) => this.#stored(head))
    const p = random.below(4) === 0 ? 0 : 0.02
    this.world.faults = { lostRequest: p, lostReply: p, late: p }
    if (random.below(3) === 0) this.world.pace = { often: 0.3, upToMs: 20 * SECOND_MS }
    this.#rough = 0.25 + random.next() * 2
  }

  /** Nothing is stored before it is published (R5, T3). */
  #stored(head: Head): void {
    this.#heads.push(head)
    const last = this.broker.published.at(-1)?.line
    if (last === undefined || head.rev > last.rev)
      this.#faults.push(`revision ${head.rev} is stored before it is published`)
  }

  #options(): TaskOptions {
    const { random } = this.world
    return {
      task: 0,
      inputs: TASK_INPUTS,
      segmenter: { locale: 'en', holdout: HOLDOUT, currency: 'EUR', due: this.scenario.due },
      recipe: 'sim',
      revisionSteps: 1 + random.below(12),
      maxProfiles: 2 + random.below(10),
      maxAheadMs: MAX_AHEAD_MS,
      newProfiles,
      guard: this.scenario.guard,
      rhythm: SIM_RHYTHM,
      serves: () => true,
      page: {
        maxRecords: 1 + random.below(40),
        maxOutputs: 20,
        maxAgeMs: SECOND_MS,
        maxQuietAgeMs: 10 * SECOND_MS,
      },
      checkpointIntervalMs: random.below(40) * SECOND_MS,
      maxDirtyProfiles: 8,
      pollLimit: { records: 6, bytes: 1 << 20 },
      duesPerRead: 1 + random.below(4),
      idleWaitMs: SECOND_MS + random.below(30 * SECOND_MS),
      refusals:
        random.below(4) === 0
          ? { share: 0.05, minRefused: 1 + random.below(3), windowMs: MINUTE_MS }
          : undefined,
      watchIntervalMs: 5 * SECOND_MS,
      quietLineMs: random.below(3) === 0 ? 1 + random.below(5 * MINUTE_MS) : undefined,
      tickAllowanceMs: this.#live && random.below(4) > 0 ? MINUTE_MS : undefined,
      newToken: () => `token-${random.below(1e9)}`,
      genesis: { app: 'sim', formats: {}, liveFrom: this.scenario.liveFrom },
      startAt: (bounds) => Object.fromEntries(Object.entries(bounds).map(([t, b]) => [t, b.start])),
    }
  }

  #ports(proc: Proc): TaskPorts {
    return {
      source: this.broker.source(proc),
      outlet: this.broker.outlet(proc),
      store: this.server.store(proc),
      clock: this.world.clock(proc),
      telemetry: {
        point: () => undefined,
        notice: () => undefined,
        count: () => undefined,
        observe: () => undefined,
      },
    }
  }

  #join(): Member {
    const proc = new Proc(`p${++this.#changes}`)
    const ports = this.#ports(proc)
    const state = { done: false, error: undefined as unknown }
    const loop = new TaskLoop(0, ports, this.#options(), {
      rest: (_t, ended) => {
        if (ended) loop.dispatch({ type: 'end' })
      },
      left: () => (state.done = true),
      stopped: (_t, error) => this.#stopped(error),
      crashed: (_t, error) => (state.error = error),
    })
    const member: Member = Object.assign(state, { proc, loop })
    this.#members.push(member)
    return member
  }

  /** What has a way out is taken by a person; anything else is wrong. */
  #stopped(error: SegmentationError): void {
    if (error.code === 'state-lost') this.#accept('rebuild')
    else this.#faults.push(`${error.code}: ${error.message}`)
  }

  /** A person accepts something, again and again until it is done. */
  #accept(accept: Acceptance): void {
    if (this.#accepting) {
      this.#askedAgain = accept
      return
    }
    this.#accepting = true
    this.#accepted++
    const options = this.#options()
    const attempt = async (): Promise<void> => {
      try {
        const ports = this.#ports(new Proc(`person ${++this.#changes}`))
        await resume(ports, options, { task: 0, accept, startAt: {}, rehash: false })
      } catch (error) {
        // a state that came back, or went, meanwhile is for the next take-over to judge
        const gone = error instanceof SegmentationError && ['state-lost', 'check-failed'].includes(error.code)
        if (error instanceof SegmentationError && error.retryable) return attempt()
        if (!gone) this.#faults.push(String((error as Error).stack))
      }
      this.#accepting = false
      const again = this.#askedAgain
      this.#askedAgain = undefined
      if (again !== undefined) this.#accept(again)
    }
    void attempt()
  }

  /** The owner is another process from now on; the former one may hear of it late, or never. */
  #reassign(): void {
    const owner = this.#members.at(-1)
    if (owner && this.world.chance(0.5)) {
      this.world.kill(owner.proc)
      this.#members.pop()
      this.#kills++
    }
    this.#join().loop.dispatch({ type: 'given' })
  }

  #trouble(): void {
    const { world, server } = this
    if (world.chance(0.04 * this.#rough)) server.snapshot()
    if (world.chance(0.004 * this.#rough)) {
      if (world.chance(0.1)) server.flush()
      else server.failOver()
      this.#losses++
    }
    if (world.chance(0.008 * this.#rough)) this.#reassign()
    if (world.chance(0.004 * this.#rough)) this.#members.at(-1)?.loop.dispatch({ type: 'end' })
    for (const zombie of this.#members.slice(0, -1)) {
      if (!world.chance(0.01)) continue
      zombie.loop.dispatch({ type: 'taken' })
      this.#members.splice(this.#members.indexOf(zombie), 1)
    }
  }

  /** A heartbeat of the owner succeeds. */
  #beat(owner: Member): void {
    this.broker.proven(owner.proc)
    owner.loop.alive(this.world.now)
  }

  async run(): Promise<Outcome> {
    const { world } = this
    this.#join().loop.dispatch({ type: 'given' })
    const troubleTurns = 100 + world.random.below(1200)
    while (this.#faults.length === 0) {
      await world.turn()
      const owner = this.#members.at(-1) as Member
      if (world.chance(0.1)) this.#beat(owner)
      if (world.turns < troubleTurns) this.#trouble()
      else if (world.faults !== NONE) this.#calm()
      if (owner.loop.hold === 'refused-rate' && world.chance(0.1)) this.#accept('refusals')
      const error = this.#members.find((m) => m.error)?.error
      if (error)
        this.#faults.push(
          error instanceof SegmentationError
            ? `${error.code}: ${error.message}`
            : String((error as Error).stack),
        )
      if (owner.done && world.faults === NONE && this.#complete()) break
      if (owner.done) this.#reassign()
      if (world.turns > MAX_TURNS)
        this.#faults.push(`did not end in ${MAX_TURNS} turns, ${owner.loop.state.phase}`)
    }
    if (this.#faults.length === 0) {
      const claims = [...this.broker.claims.values()]
      this.#faults.push(
        ...faultsOf(this.scenario, this.broker.published, this.#heads, this.server.keys),
        ...pingPong(claims),
      )
    }
    return this.#outcome()
  }

  /** From here on nothing fails; the owner brings it to the end, or a new one does. */
  #calm(): void {
    this.world.faults = NONE
    if (this.world.chance(0.5)) this.#reassign()
    for (const zombie of this.#members.slice(0, -1)) zombie.loop.dispatch({ type: 'taken' })
    this.#members = this.#members.slice(-1)
  }

  /** An end that met trouble is no end: the next process goes on. */
  #complete(): boolean {
    const last = this.broker.published.at(-1)?.line
    return this.#folded(last?.positions ?? {}) && this.server.keys.head?.rev === last?.rev
  }

  #folded(positions: Positions): boolean {
    return Object.entries(this.scenario.inputs).every(
      ([topic, { records }]) => positions[topic] === (records.at(-1)?.offset ?? -1) + 1,
    )
  }

  #outcome(): Outcome {
    return {
      seed: this.#seed,
      faults: this.#faults,
      revisions: this.broker.published.length,
      transitions: this.broker.published.reduce((n, r) => n + r.transitions.length, 0),
      kills: this.#kills,
      takeovers: this.broker.fences,
      losses: this.#losses,
      accepted: this.#accepted,
      holds: this.broker.published.filter(({ line }) => line.held && line.held.why !== 'over').length,
      turns: this.world.turns,
    }
  }
}
