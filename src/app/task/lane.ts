import { fail } from '../../errors.ts'
import type { Decoded } from '../../domain/events/event.ts'
import type { Refused } from '../../domain/events/refusal.ts'
import type { Command } from '../../domain/segments/command.ts'
import type { WriterSchemas } from '../../ports/schemas.ts'
import type { RawRecord, Rest } from '../../ports/source.ts'
import type { Ms, Offset, Rev, Topic } from '../../ports/types.ts'
import { unknownSchema } from '../avro-frame.ts'
import type { Amends } from './amends.ts'
import { RunningDigest } from './digest.ts'

/** What one record of an input holds: events, a reason why not, or a command of the control input. */
export type Content = Decoded | { readonly type: 'command'; readonly command: Command }

/** An input topic of a task, and how its records are understood. */
export interface TaskInput {
  readonly topic: Topic
  /** Commands come here; a run over complete files does not wait for more of them. */
  readonly control?: boolean
  /** By what records with Avro in them are read. */
  readonly schemas?: Pick<WriterSchemas, 'fingerprint'> | undefined
  /** `latestMs`: an event time above it is refused as `future`. Throws only coded errors that stop the task. */
  decode(record: RawRecord, latestMs: Ms): Content
}

/** One decoded record waiting to be folded. */
export interface Item {
  readonly record: RawRecord
  readonly content: Content
  /** Place in the merge; records without a readable time come before everything else of their topic. */
  readonly time: Ms
  /** How far the record lets time pass: wakes due up to here come before it. Commands and refused records let none pass. */
  readonly passes: Ms
}

/** Was a record refused for want of its schema: a matter of the registry, not of the record? */
export function lacksSchema(content: Content): content is Refused {
  return content.type === 'refused' && content.reason === 'unknown-schema'
}

function item(record: RawRecord, content: Content): Item {
  const time = timeOf(content)
  return { record, content, time, passes: content.type === 'events' ? time : Number.NEGATIVE_INFINITY }
}

function timeOf(content: Content): Ms {
  if (content.type === 'command') return content.command.issuedAt
  if (content.type === 'events') return content.events[0]?.eventTime ?? Number.NEGATIVE_INFINITY
  return Number.NEGATIVE_INFINITY
}

/** The buffered records of one input topic: decoded, in offset order, folded from the front. */
export class Lane {
  readonly input: TaskInput
  /** Next offset to fold. */
  position: Offset
  /** Next offset to ask the source for. */
  wanted: Offset
  rest: Rest = 'more'
  /** Where the input ended when the source last looked. */
  end: Offset | undefined
  /** Time-stamp of the last record folded; NaN: none. */
  time: Ms = Number.NaN
  /**
   * Largest time folded from another lane in this revision while this one was empty: a record that arrives here later with a
   * smaller time belongs into the next revision, or positions alone would not give the order back.
   */
  #blind: Ms | undefined
  #digest: RunningDigest
  #items: Item[] = []
  #at = 0

  constructor(input: TaskInput, position: Offset, digest: string) {
    this.input = input
    this.position = position
    this.wanted = position
    this.#digest = new RunningDigest(digest)
  }

  /** The source is asked for what lies at `position`: what is buffered is given up. */
  jump(position: Offset): void {
    this.wanted = position
    this.#items = []
    this.#at = 0
    this.rest = 'more'
  }

  /** The inputs are asked for what they hold of it now, of what is to be folded again after revision `rev`. */
  reach(amends: Amends, start: Offset, rev: Rev): void {
    const { topic } = this.input
    this.wanted = Math.max(start, amends.endOf({ rev, positions: { [topic]: this.position } }, topic))
  }

  /** Stands where the journal says, whatever was folded on the way. */
  adopt(position: Offset, digest: string): void {
    this.position = position
    this.#digest = new RunningDigest(digest)
  }

  get digest(): string {
    return this.#digest.hex
  }

  get empty(): boolean {
    return this.#at === this.#items.length
  }

  /** Offsets not folded yet, as far as is known; what follows the last record of a topic that is at its end is no record. */
  get behind(): number {
    if (this.empty && this.rest !== 'more') return 0
    return Math.max(this.buffered, (this.end ?? 0) - this.position)
  }

  get buffered(): number {
    return this.#items.length - this.#at
  }

  /** The next record to fold; only where not `empty`. */
  get head(): Item {
    return this.#items[this.#at] as Item
  }

  /** Users of the next `limit` buffered records. */
  users(limit: number): string[] {
    const users: string[] = []
    const end = Math.min(this.#items.length, this.#at + limit)
    for (let i = this.#at; i < end; i++) {
      const { content } = this.#items[i] as Item
      if (content.type === 'events') for (const event of content.events) users.push(event.userId)
    }
    return users
  }

  /** Takes in what the source returned; records below `wanted` are re-deliveries and are dropped. Gives the number of new ones. */
  accept(records: readonly RawRecord[], rest: Rest, latestOf: (record: RawRecord) => Ms): number {
    let taken = 0
    if (this.#at > 0) {
      this.#items = this.#items.slice(this.#at)
      this.#at = 0
    }
    for (const record of records) {
      if (record.offset < this.wanted) continue
      this.#items.push(item(record, this.input.decode(record, latestOf(record))))
      this.wanted = record.offset + 1
      taken++
    }
    this.rest = rest
    return taken
  }

  /** Another lane's record of this time is folded: while this one is empty, nothing earlier may join the same revision. */
  passed(time: Ms): void {
    if (this.empty && (this.#blind === undefined || time > this.#blind)) this.#blind = time
  }

  /** Does the head belong before something that this revision has folded already? */
  get tooLate(): boolean {
    return this.#blind !== undefined && this.head.time <= this.#blind
  }

  /** A new revision: what is buffered is frozen anew. */
  freeze(): void {
    this.#blind = undefined
  }

  /**
   * While folding again: the head as the journal says it was read (rule T12). A record that was refused for want of its schema
   * stays so, whatever the registry says now. Throws `schema-lost` where the registry had then what it no longer has.
   */
  settle(refused: readonly Offset[] | undefined): void {
    const { record, content } = this.head
    if (refused?.includes(record.offset) === true) this.#items[this.#at] = item(record, unknownSchema(record))
    else if (lacksSchema(content))
      fail(
        'schema-lost',
        `input ${this.input.topic}, position ${record.offset}: ${content.detail}, and once had`,
      )
  }

  /** Takes the head out. */
  shift(): Item {
    const item = this.#items[this.#at++] as Item
    this.position = item.record.offset + 1
    this.time = item.record.time
    this.#digest.add(item.record)
    return item
  }
}
