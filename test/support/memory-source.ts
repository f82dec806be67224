import type { Chunk, Limit, RawRecord, RecordSource, Rest } from '../../src/ports/source.ts'
import type { Ms, Offset, Positions, Task, Topic } from '../../src/ports/types.ts'
import { realClock } from './clock.ts'

export interface MemoryRecord {
  readonly value: string | Uint8Array
  readonly time?: Ms | undefined
  readonly key?: string | undefined
}

interface MemoryTopic {
  readonly records: RawRecord[]
  ended: boolean
}

/** Topics held in memory, one task. A topic is `dry` at its end until it was ended. */
export class MemorySource implements RecordSource {
  readonly #topics = new Map<Topic, MemoryTopic>()
  #closed = false

  constructor(topics: Readonly<Record<Topic, readonly (MemoryRecord | string)[]>>) {
    for (const [topic, records] of Object.entries(topics)) {
      this.#topics.set(topic, { records: [], ended: false })
      for (const record of records) this.append(topic, record)
    }
  }

  append(topic: Topic, record: MemoryRecord | string): void {
    const { records } = this.#topic(topic)
    const {
      value,
      time = Number.NaN,
      key,
    }: MemoryRecord = typeof record === 'string' ? { value: record } : record
    const body = Buffer.from(value)
    const head = Buffer.from(key ?? '')
    const bytes = Buffer.concat([head, body])
    const keyFrom = key === undefined ? -1 : 0
    const keyTo = key === undefined ? -1 : head.length
    const to = bytes.length
    records.push({
      offset: records.length,
      time,
      bytes,
      from: head.length,
      to,
      keyFrom,
      keyTo,
      cut: undefined,
    })
  }

  end(...topics: Topic[]): this {
    for (const topic of topics) this.#topic(topic).ended = true
    return this
  }

  own(on: { given(p: Task): void; alive(at: Ms): void }): Promise<void> {
    on.alive(realClock.now())
    on.given(0)
    return Promise.resolve()
  }

  bounds(_p: Task): Promise<Readonly<Record<Topic, { start: Offset; end: Offset }>>> {
    const entries = [...this.#topics].map(
      ([topic, { records }]) => [topic, { start: 0, end: records.length }] as const,
    )
    return Promise.resolve(Object.fromEntries(entries))
  }

  async poll(_p: Task, from: Positions, limit: Limit, waitMs: Ms): Promise<Chunk> {
    const until = realClock.elapsed() + waitMs
    for (;;) {
      const chunk = this.#deal(from, limit)
      const some = Object.values(chunk.records).some((records) => records.length > 0)
      const over = Object.values(chunk.rest).every((rest) => rest === 'ended')
      if (some || over || this.#closed || realClock.elapsed() >= until) return chunk
      await realClock.sleep(1)
    }
  }

  close(): Promise<void> {
    this.#closed = true
    return Promise.resolve()
  }

  /** Topic by topic in turn, so that a small limit reaches all of them. */
  #deal(from: Positions, limit: Limit): Chunk {
    const out = [...this.#topics].map(([topic, { records, ended }]) => {
      return { topic, wanted: records.slice(from[topic]), ended, taken: 0 }
    })
    let { records, bytes } = limit
    for (let round = 0, dealt = true; dealt && records > 0; round++) {
      dealt = false
      for (const each of out) {
        const next = each.wanted[each.taken]
        const size = next === undefined ? 0 : next.to - next.from
        if (next === undefined || records === 0 || (round > 0 && size > bytes)) continue
        each.taken++
        records--
        bytes -= size
        dealt = true
      }
    }
    const rest = ({ wanted, taken, ended }: (typeof out)[number]): Rest =>
      taken < wanted.length ? 'more' : ended ? 'ended' : 'dry'
    return {
      records: Object.fromEntries(out.map((each) => [each.topic, each.wanted.slice(0, each.taken)])),
      rest: Object.fromEntries(out.map((each) => [each.topic, rest(each)])),
    }
  }

  #topic(topic: Topic): MemoryTopic {
    const found = this.#topics.get(topic)
    if (found === undefined) throw new Error(`no topic ${topic}`)
    return found
  }
}
