import type { ZoneTable } from '../base/zone.ts'
import type { HopSize } from '../features/window.ts'
import { HopClock } from '../features/window.ts'
import { slotCode } from './slots.ts'

const HOPS: readonly HopSize[] = ['5m', '1h', '1d']

/**
 * A time as the stores see it: the numbers of its hops, small integers in an array, so that no double travels through a call
 * and has to be put on the heap.
 */
export class Moment {
  /** Number of the hop of the time last set, per hop size. */
  readonly index = new Int32Array(HOPS.length)
  readonly #clocks: readonly HopClock[]
  /** The hop sizes that the plan uses. */
  readonly #used: readonly number[]
  /** Start and end of the hop last asked for slots, per hop size. */
  readonly #edges = new Float64Array(2 * HOPS.length).fill(Number.NaN)
  readonly #t = new Float64Array(1).fill(Number.NaN)

  constructor(zone: ZoneTable, used: readonly HopSize[]) {
    this.#clocks = HOPS.map((hop) => new HopClock(hop, zone))
    this.#used = HOPS.flatMap((hop, i) => (used.includes(hop) ? [i] : []))
  }

  /** Place of a hop size in `index`. */
  static hop(size: HopSize): number {
    return HOPS.indexOf(size)
  }

  /** Takes the time in `times[at]`. */
  set(times: Float64Array, at: number): void {
    const t = times[at] as number
    if (t === this.#t[0]) return
    this.#t[0] = t
    for (let i = 0; i < this.#used.length; i++) {
      const hop = this.#used[i] as number
      this.index[hop] = (this.#clocks[hop] as HopClock).index(t)
    }
  }

  /** The half-hour in its hop of the time last set, as `slotCode`. */
  slotCode(hop: number): number {
    const edges = this.#edges
    const at = 2 * hop
    const t = this.#t[0] as number
    if (!(t >= (edges[at] as number) && t < (edges[at + 1] as number))) {
      const index = this.index[hop] as number
      edges[at] = this.start(hop, index)
      edges[at + 1] = this.start(hop, index + 1)
    }
    return slotCode(t - (edges[at] as number), (edges[at + 1] as number) - t)
  }

  /** First instant whose hop has at least this number. */
  start(hop: number, index: number): number {
    return (this.#clocks[hop] as HopClock).start(index)
  }
}
