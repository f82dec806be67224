import { SegmentationError } from '../../src/errors.ts'
import { MINUTE_MS, SECOND_MS } from '../../src/domain/base/duration.ts'
import { TaskLoop } from '../../src/app/task/loop.ts'
import type { TaskOptions } from '../../src/app/task/options.ts'
import type { RecordSource } from '../../src/ports/source.ts'
import { Oracle } from './oracle.ts'
import { DUE, makeScenario, MAX_AHEAD_MS, newProfiles, T0, TASK_INPUTS, type Scenario } from './scenario.ts'
import { SimBroker } from './servers.ts'
import { SimStoreServer, type StoreMutant } from './sim-store.ts'
import { NONE, Proc, World } from './world.ts'

export interface Mutant extends StoreMutant {
  noFence?: boolean
}

export interface Outcome {
  readonly seed: number
  /** What is wrong; empty: exact. */
  readonly faults: readonly string[]
  readonly revisions: number
  readonly transitions: number
  readonly kills: number
  readonly takeovers: number
  readonly failOvers: number
  readonly turns: number
}

interface Member {
  readonly proc: Proc
  readonly loop: TaskLoop
  readonly on: NonNullable<Parameters<RecordSource['own']>[0]>
  done: boolean
  error: unknown
}

const MAX_TURNS = 60_000

/** One seeded schedule of trouble over one seeded shop, compared with the oracle at its end. */
export class Simulation {
  readonly world: World
  readonly broker: SimBroker
  readonly server: SimStoreServer
  readonly scenario: Scenario
  readonly #seed: number
  readonly #live: boolean
  #members: Member[] = []
  #kills = 0
  #failOvers = 0
  #changes = 0
  readonly #faults: string[] = []

  constructor(seed: number, mutant: Mutant = {}) {
    this.#seed = seed
    this.world = new World(seed, T0, NONE)
    const { random } = this.world
    this.#live = random.below(3) > 0
    this.scenario = makeScenario(random, this.#live)
    this.broker = new SimBroker(this.world, this.scenario.inputs, this.scenario.arrivals)
    this.broker.fencing = mutant.noFence !== true
    this.server = new SimStoreServer(this.world, mutant)
    const p = random.below(4) === 0 ? 0 : 0.02
    this.world.faults = { lostRequest: p, lostReply: p, late: p }
  }

  #options(): TaskOptions {
    const { random } = this.world
    return {
      task: 0,
      inputs: TASK_INPUTS,
      segmenter: { locale: 'en', due: DUE },
      recipe: 'sim',
      revisionSteps: 1 + random.below(12),
      maxProfiles: 2 + random.below(10),
      maxAheadMs: MAX_AHEAD_MS,
      newProfiles,
      serves: () => true,
      page: { maxRecords: 1 + random.below(40), maxOutputs: 20, maxAgeMs: SECOND_MS, maxQuietAgeMs: 10 * SECOND_MS },
      checkpointIntervalMs: random.below(40) * SECOND_MS,
      maxDirtyProfiles: 8,
      pollLimit: { records: 6, bytes: 1 << 20 },
      idleWaitMs: 500,
      tickAllowanceMs: this.#live && random.below(4) > 0 ? MINUTE_MS : undefined,
      rebuild: true,
      newToken: () => `token-${random.below(1e9)}`,
      genesis: { app: 'sim', formats: {}, liveFrom: 0 },
      startAt: (bounds) => Object.fromEntries(Object.entries(bounds).map(([t, b]) => [t, b.start])),
    }
  }

  #join(): Member {
    const proc = new Proc(`p${++this.#changes}`)
    const source = this.broker.source(proc)
    const ports = {
      source,
      outlet: this.broker.outlet(proc),
      store: this.server.store(proc),
      clock: this.world.clock(proc),
      telemetry: { point: () => undefined, notice: () => undefined, count: () => undefined },
    }
    const state = { done: false, error: undefined as unknown }
    const loop = new TaskLoop(0, ports, this.#options(), {
      rest: (_t, ended) => {
        if (ended) loop.dispatch({ type: 'end' })
      },
      left: () => (state.done = true),
      stopped: (_t, error) => (state.error = error),
      crashed: (_t, error) => (state.error = error),
    })
    const on = {
      given: () => loop.dispatch({ type: 'given' }),
      taken: () => loop.dispatch({ type: 'taken' }),
      alive: (at: number) => loop.alive(at),
    }
    const member: Member = Object.assign(state, { proc, loop, on })
    this.#members.push(member)
    return member
  }

  /** The owner is another process from now on; the former one may hear of it late, or never. */
  #reassign(): void {
    const owner = this.#members.at(-1)
    if (owner && this.world.chance(0.5)) {
      this.world.kill(owner.proc)
      this.#members.pop()
      this.#kills++
    }
    this.#join().on.given(0)
  }

  #trouble(): void {
    const { world, server } = this
    if (world.chance(0.02)) server.snapshot()
    if (world.chance(0.002)) {
      server.failOver()
      this.#failOvers++
    }
    if (world.chance(0.004)) this.#reassign()
    for (const zombie of this.#members.slice(0, -1)) {
      if (!world.chance(0.003)) continue
      zombie.on.taken(0)
      this.#members.splice(this.#members.indexOf(zombie), 1)
    }
  }

  async run(): Promise<Outcome> {
    const { world } = this
    this.#join().on.given(0)
    const troubleTurns = 300 + world.random.below(2500)
    for (;;) {
      await world.turn()
      const owner = this.#members.at(-1) as Member
      if (world.chance(0.1)) owner.on.alive(world.now)
      if (world.turns < troubleTurns) this.#trouble()
      else if (world.faults !== NONE) this.#calm()
      const error = this.#members.find((m) => m.error)?.error
      if (error) {
        this.#faults.push(error instanceof SegmentationError ? `${error.code}: ${error.message}` : String((error as Error).stack))
        break
      }
      if (owner.done && world.faults === NONE && this.#complete()) break
      if (owner.done) this.#reassign()
      if (world.turns > MAX_TURNS) {
        this.#faults.push(`did not end in ${MAX_TURNS} turns, ${owner.loop.state.phase}`)
        break
      }
    }
    if (this.#faults.length === 0) this.#compare()
    return this.#outcome()
  }

  /** From here on nothing fails; a new owner takes over and brings it to the end. */
  #calm(): void {
    this.world.faults = NONE
    this.#reassign()
    for (const zombie of this.#members.slice(0, -1)) zombie.on.taken(0)
    this.#members = this.#members.slice(-1)
  }

  /** An end that met trouble is no end: the next process goes on. */
  #complete(): boolean {
    const last = this.broker.published.at(-1)?.line
    const all = Object.entries(this.scenario.inputs).every(([topic, records]) => last?.positions[topic] === records.length)
    return all && this.server.keys.head?.rev === last?.rev
  }

  #compare(): void {
    const oracle = new Oracle(this.scenario, 0)
    const published = this.broker.published
    published.forEach(({ line }, i) => {
      if (line.rev !== i) this.#faults.push(`line ${i} of the journal is revision ${line.rev}`)
      else oracle.line(line)
    })
    this.#faults.push(...oracle.faults)
    const got = published.flatMap((r) => r.transitions).map((t) => JSON.stringify(t))
    const expected = oracle.transitions.map((t) => JSON.stringify(t))
    if (got.length !== expected.length) this.#faults.push(`${got.length} transitions, expected ${expected.length}`)
    got.forEach((t, i) => {
      if (t !== expected[i]) this.#faults.push(`transition ${i} differs`)
    })
    for (const [topic, all] of Object.entries(this.scenario.inputs)) {
      if (oracle.positions[topic] !== all.length) this.#faults.push(`${topic}: ${oracle.positions[topic]} of ${all.length} folded`)
    }
    const letters = published.reduce((n, r) => n + r.deadLetters.length, 0)
    if (letters !== oracle.refused.length) this.#faults.push(`${letters} dead letters, expected ${oracle.refused.length}`)
    this.#compareState(oracle)
  }

  #compareState(oracle: Oracle): void {
    const { profiles, head, members } = this.server.keys
    if (head?.rev !== this.broker.published.length - 1) this.#faults.push(`the state ends at revision ${head?.rev}`)
    const present = [...oracle.profiles.slots()]
    if (profiles.size !== present.length) this.#faults.push(`${profiles.size} profiles, expected ${present.length}`)
    const counts: Record<string, number> = {}
    for (const slot of present) {
      const user = oracle.profiles.user(slot)
      const stored = profiles.get(user)
      if (!stored || Buffer.compare(stored.bytes, oracle.profiles.save(slot)) !== 0) this.#faults.push(`profile of ${user}`)
      if (stored?.due !== oracle.profiles.due(slot)) this.#faults.push(`due of ${user}`)
      const last = oracle.transitions.filter((t) => t.userId === user).at(-1)
      if (last?.to) counts[last.to] = (counts[last.to] ?? 0) + 1
      const member = JSON.parse(members.get(user) ?? '{}') as { segment?: string; sequence?: number }
      if ((last?.to ?? undefined) !== member.segment) this.#faults.push(`membership of ${user}`)
      if ((last?.sequence ?? undefined) !== member.sequence) this.#faults.push(`sequence of ${user}`)
    }
    const sorted = (o: object): string => JSON.stringify(Object.entries(o).sort())
    if (sorted(head?.counts.members ?? {}) !== sorted(counts)) this.#faults.push('counts of members')
  }

  #outcome(): Outcome {
    return {
      seed: this.#seed,
      faults: this.#faults,
      revisions: this.broker.published.length,
      transitions: this.broker.published.reduce((n, r) => n + r.transitions.length, 0),
      kills: this.#kills,
      takeovers: this.broker.fences,
      failOvers: this.#failOvers,
      turns: this.world.turns,
    }
  }
}
