import type { Offset, Task, Topic } from '../../ports/types.ts'

/** Partitions of topics, and what was found out about each. */
export type Wanted = ReadonlyMap<Topic, ReadonlySet<Task>>
export type Ends = ReadonlyMap<Topic, ReadonlyMap<Task, Offset>>

/**
 * Questions for the ends of partitions, put together: while one is on its way, all who ask go with the next. So every answer is
 * newer than its question, and many tasks cost no more than one.
 */
export class SharedEnds {
  readonly #ask: (wanted: Wanted) => Promise<Ends>
  #sent: Promise<unknown> = Promise.resolve()
  #next: { readonly wanted: Map<Topic, Set<Task>>; readonly ends: Promise<Ends> } | undefined

  constructor(ask: (wanted: Wanted) => Promise<Ends>) {
    this.#ask = ask
  }

  async of(topics: readonly Topic[], p: Task): Promise<Record<Topic, Offset>> {
    const next = (this.#next ??= this.#prepare())
    for (const topic of topics) next.wanted.set(topic, (next.wanted.get(topic) ?? new Set()).add(p))
    const ends = await next.ends
    return Object.fromEntries(topics.map((topic) => [topic, ends.get(topic)?.get(p) as Offset]))
  }

  #prepare(): { readonly wanted: Map<Topic, Set<Task>>; readonly ends: Promise<Ends> } {
    const wanted = new Map<Topic, Set<Task>>()
    const ends = this.#sent.then(() => {
      this.#next = undefined
      return this.#ask(wanted)
    })
    this.#sent = ends.catch(() => undefined)
    return { wanted, ends }
  }
}
