import { fail } from '../../errors.ts'
import type { Profiles } from '../../domain/profile/profiles.ts'
import type { Trigger } from '../../domain/profile/move.ts'
import { Segmenter, type SegmenterOptions } from '../../domain/profile/segmenter.ts'
import type { Bundle } from '../../domain/segments/bundle.ts'
import { catalogOf, type CatalogEntry } from '../../domain/segments/catalog.ts'
import type { Command } from '../../domain/segments/command.ts'
import { beforeLast, type Rollout } from '../../domain/segments/rollout.ts'
import type { Genesis, JournalLine } from '../../ports/outlet.ts'
import type { Deployment, Head } from '../../ports/store.ts'
import type { Ms, Offset, Positions, Task, Topic } from '../../ports/types.ts'
import { Book } from './book.ts'
import { Guard, RHYTHM, type GuardRule } from './guard.ts'
import type { Rhythm } from './habit.ts'
import { Lane, type TaskInput } from './lane.ts'
import { SchemasRead } from './schemas-read.ts'
import { Tally } from './tally.ts'

/** How a task folds; all of it decides results or bounds, nothing of it depends on the time of day. */
export interface FoldOptions {
  readonly task: Task
  /** In rank order: on equal times the earlier one is folded first. */
  readonly inputs: readonly TaskInput[]
  readonly segmenter: Omit<SegmenterOptions, 'app' | 'liveFrom'>
  readonly recipe: string
  /** When the guards hold the clock by themselves; undefined: never (complete files). */
  readonly guard?: GuardRule | undefined
  /** How the guards cut time; by default in `RHYTHM`. */
  readonly rhythm?: Rhythm | undefined
  /** A revision ends after about this many records and wakes. */
  readonly revisionSteps: number
  /** Profiles kept in memory; only clean ones are given up. */
  readonly maxProfiles: number
  /** How far an event may lie ahead of its record's time, or of the first start. */
  readonly maxAheadMs: Ms
  readonly newProfiles: () => Profiles
  /** Can the profiles feed this bundle's vector? */
  readonly serves: (bundle: Bundle) => boolean
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** All that an owned task remembers between revisions; the head is read off it, and it is built from a head. */
export class TaskMemory {
  readonly lanes: readonly Lane[]
  readonly book: Book
  readonly segmenter: Segmenter
  readonly tally: Tally
  readonly schemas: SchemasRead
  readonly guard: Guard
  readonly genesis: Genesis
  /** One object for all events; what is kept of it is copied. */
  readonly trigger: Writable<Trigger>
  readonly #serves: (bundle: Bundle) => boolean
  #deployments: readonly Deployment[]
  rev: number
  chain: string
  clock: Ms
  firstAt: Ms | undefined
  recipe: string
  /** Members of all segments as of the last revision. */
  members: number
  held: boolean
  releasedAt: Ms

  constructor(options: FoldOptions, head: Head, state: { stored: boolean; knownRev: number }) {
    this.lanes = options.inputs.map(
      (input) => new Lane(input, head.positions[input.topic] ?? 0, head.digests[input.topic] ?? ''),
    )
    this.trigger = { kind: '', eventId: null, topic: null, partition: options.task, offset: null }
    this.tally = new Tally(head.counts)
    this.schemas = new SchemasRead(head.schemas)
    this.genesis = head.genesis
    this.#serves = options.serves
    this.#deployments = head.deployments
    this.rev = head.rev
    this.chain = head.chain
    this.clock = head.clock
    this.firstAt = head.firstAt
    this.recipe = head.recipe
    this.members = this.tally.members
    this.held = head.held
    const watched = options.inputs.filter((input) => input.control !== true).map(({ topic }) => topic)
    this.guard = new Guard(watched, options.rhythm ?? RHYTHM, head.guard)
    this.releasedAt = head.releasedAt
    const profiles = options.newProfiles()
    this.book = new Book(profiles, { maxProfiles: options.maxProfiles, ...state })
    const { app, liveFrom } = head.genesis
    this.segmenter = new Segmenter(profiles, { ...options.segmenter, app, liveFrom })
    this.segmenter.relabel(head.labels)
    for (const d of head.deployments) this.segmenter.deploy(d.bundle, d.promoteId ?? null, d.rollout)
  }

  positions(): Positions {
    const positions: Record<Topic, Offset> = {}
    for (const lane of this.lanes) positions[lane.input.topic] = lane.position
    return positions
  }

  digests(): Record<Topic, string> {
    const digests: Record<Topic, string> = {}
    for (const lane of this.lanes) digests[lane.input.topic] = lane.digest
    return digests
  }

  /** Are all inputs proven empty, with nothing buffered? */
  get dry(): boolean {
    return this.lanes.every((lane) => lane.empty && lane.rest !== 'more')
  }

  /** Will none of the inputs but the control input ever give another record? */
  get ended(): boolean {
    return this.lanes.every((lane) => lane.empty && (lane.rest === 'ended' || lane.input.control === true))
  }

  /** An event of this time is folded: the clock goes on to it. */
  reach(eventTime: Ms): void {
    if (this.clock === Number.MIN_SAFE_INTEGER) this.firstAt = eventTime
    if (eventTime > this.clock) this.clock = eventTime
  }

  /** Does an operator or a guard hold the clock? */
  get holding(): boolean {
    return this.held || this.guard.hold !== undefined
  }

  command(c: Command): void {
    switch (c.command) {
      case 'promote':
        if (!this.#serves(c.bundle)) {
          fail(
            'needs-other-aggregates',
            `bundle ${c.bundle.version.slice(0, 12)}: its features are not those of this task's profiles`,
          )
        }
        if (c.labels) this.segmenter.relabel(c.labels)
        this.#deploy(c.bundle, c.commandId, rolloutOf(c))
        return
      case 'rollback': {
        const before = beforeLast(this.#deployments)
        if (before) this.#deploy(before.bundle, c.commandId, undefined)
        return
      }
      case 'labels':
        this.segmenter.relabel(c.labels)
        return
      case 'hold':
        this.held = true
        return
      case 'release':
        if (this.holding) this.releasedAt = Math.max(this.clock, c.issuedAt)
        this.held = false
        this.guard.release()
    }
  }

  /** The bundle that decides; undefined: none was promoted yet. */
  get deployment(): Deployment | undefined {
    return this.#deployments.at(-1)
  }

  #deploy(bundle: Bundle, promoteId: string, rollout: Rollout | undefined): void {
    this.segmenter.deploy(bundle, promoteId, rollout)
    this.#deployments = [...this.#deployments, { bundle, since: this.clock, promoteId, rollout }]
  }

  /** What readers may know of the segments. */
  catalog(): CatalogEntry[] {
    return catalogOf(this.#deployments, this.segmenter.labels)
  }

  /** A person lets the task go on elsewhere. */
  accept(line: JournalLine): void {
    for (const lane of this.lanes) {
      const position = line.positions[lane.input.topic]
      if (position === undefined) continue
      // also where the input ended before what was published of it
      if (position !== lane.position || position > lane.wanted) lane.jump(position)
    }
    this.adopt(line)
  }

  /** Stands where the line says, whatever was folded on the way. */
  adopt({ positions, digests }: JournalLine): void {
    for (const lane of this.lanes) {
      const { topic } = lane.input
      lane.adopt(positions[topic] ?? lane.position, digests[topic] ?? lane.digest)
    }
  }

  /** A revision ended: what it said becomes what is remembered. */
  finish(line: JournalLine): void {
    this.rev = line.rev
    this.chain = line.chain
    if (line.recipe !== undefined) this.recipe = line.recipe
    this.tally.line(line)
    this.members = this.tally.members
    const held = this.holding
    this.guard.finish(this.clock, line.moved ?? [], line.held)
    if (held && !this.holding) this.releasedAt = Math.max(this.releasedAt, this.clock, line.held?.asOf ?? 0)
    for (const lane of this.lanes) lane.freeze()
    this.book.evict()
  }

  /** The head as of the last revision. */
  head(): Head {
    return {
      rev: this.rev,
      chain: this.chain,
      positions: this.positions(),
      digests: this.digests(),
      clock: this.clock,
      firstAt: this.firstAt,
      recipe: this.recipe,
      genesis: this.genesis,
      deployments: this.#deployments,
      segments: [...this.segmenter.segments],
      labels: this.segmenter.labels,
      held: this.held,
      releasedAt: this.releasedAt,
      guard: this.guard.state(),
      schemas: this.schemas.all(),
      counts: this.tally.counts(),
    }
  }
}

/** For whom a promoted bundle is put to work; undefined: for everybody, at once. */
function rolloutOf({
  share,
  rampMs,
  issuedAt,
}: Extract<Command, { command: 'promote' }>): Rollout | undefined {
  return share === undefined && rampMs === undefined ? undefined : { share, rampMs, from: issuedAt }
}
