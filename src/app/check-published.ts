import type { Fence, Outlet, Page, Revision } from '../ports/outlet.ts'

/** One published record. */
export interface PublishedRecord {
  readonly value: Uint8Array
  /** It may belong to a revision behind those that are computed again. */
  readonly later: boolean
}

/** An output as it was published, beside what a revision computed again would publish there. */
export interface Published {
  readonly name: string
  /** Its oldest records may be gone. */
  readonly retired: boolean
  readonly records: AsyncIterator<PublishedRecord>
  /** Values in their order. */
  readonly of: (revision: Revision) => readonly Uint8Array[]
}

/** How an output compares. */
export interface Verdict {
  readonly name: string
  /** Records that are equal byte for byte. */
  readonly equal: number
  /** What is wrong with the first that is not. */
  readonly difference: string | undefined
}

/** Compares an output record by record, in bounded memory. */
class Check {
  readonly #published: Published
  #next: IteratorResult<PublishedRecord> | undefined
  #equal = 0
  #difference: string | undefined

  constructor(published: Published) {
    this.#published = published
  }

  async see(revision: Revision): Promise<void> {
    for (const value of this.#published.of(revision)) {
      if (this.#difference !== undefined) return
      this.#next ??= await this.#published.records.next()
      if (this.#next.done === true) {
        if (!this.#published.retired || this.#equal > 0) this.#differ(revision, 'was not published')
      } else if (sameBytes(value, this.#next.value.value)) {
        this.#equal++
        this.#next = undefined
      } else if (!this.#published.retired || this.#equal > 0) this.#differ(revision, 'is another one')
    }
  }

  async end(): Promise<Verdict> {
    this.#next ??= await this.#published.records.next()
    const left = this.#next.done !== true && !this.#next.value.later
    if (left) this.#difference ??= `record ${this.#equal + 1} was published, but not computed again`
    return { name: this.#published.name, equal: this.#equal, difference: this.#difference }
  }

  #differ({ line }: Revision, how: string): void {
    this.#difference = `record ${this.#equal + 1}, of revision ${line.rev}, ${how}`
  }
}

/**
 * An outlet that compares what goes through it with what was published, byte for byte. Of an output whose oldest records are
 * gone, comparing begins with the first that is still there.
 */
export class CheckedOutlet implements Outlet {
  readonly #inner: Outlet
  readonly #checks: readonly Check[]

  constructor(inner: Outlet, published: readonly Published[]) {
    this.#inner = inner
    this.#checks = published.map((output) => new Check(output))
  }

  fence(p: number): Promise<Fence> {
    return this.#inner.fence(p)
  }

  tail(fence: Fence): ReturnType<Outlet['tail']> {
    return this.#inner.tail(fence)
  }

  async publish(fence: Fence, page: Page): Promise<void> {
    for (const revision of page.revisions) for (const check of this.#checks) await check.see(revision)
    await this.#inner.publish(fence, page)
  }

  journal(p: number, after: number): ReturnType<Outlet['journal']> {
    return this.#inner.journal(p, after)
  }

  /** Once everything went through. */
  verdicts(): Promise<Verdict[]> {
    return Promise.all(this.#checks.map((check) => check.end()))
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
