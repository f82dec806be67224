/** How often things happened since they were last taken, by name. */
export class Counter<Name extends string> {
  readonly #names: readonly Name[]
  readonly #counts: Int32Array

  constructor(names: readonly Name[]) {
    this.#names = names
    this.#counts = new Int32Array(names.length)
  }

  /** So many more, by the place of its name. */
  add(at: number, by = 1): void {
    this.#counts[at] = (this.#counts[at] as number) + by
  }

  /** What was counted since the last call, names in their order; undefined: nothing. */
  take(): Readonly<Partial<Record<Name, number>>> | undefined {
    if (this.#counts.every((n) => n === 0)) return undefined
    const counted = this.#names.flatMap((name, i) => {
      const n = this.#counts[i] as number
      return n === 0 ? [] : [[name, n]]
    })
    this.#counts.fill(0)
    return Object.fromEntries(counted) as Partial<Record<Name, number>>
  }
}
