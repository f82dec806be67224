import { compileAssigner, type Assigner } from '../segments/assigner.ts'
import type { Bundle } from '../segments/bundle.ts'
import { OUTLYING, UNASSIGNED } from '../segments/decide.ts'
import { Keeper } from '../segments/keeper.ts'
import { isReached, type Rollout } from '../segments/rollout.ts'
import { OUTLIER } from '../segments/transition.ts'

/** A bundle made ready to decide with, and how its standings translate into the task's segment codes. */
export interface Deployed {
  readonly bundle: Bundle
  readonly promoteId: string | null
  /** undefined: for everybody. */
  readonly rollout: Rollout | undefined
  readonly assigner: Assigner
  readonly keeper: Keeper
  readonly radii: Float64Array
  /** Segment code of each centroid, then of the outliers. */
  readonly codes: readonly number[]
  readonly outlierCode: number
  /** Standing (centroid index, OUTLYING) by segment code; absent = FOREIGN. */
  readonly standing: ReadonlyMap<number, number>
}

/** The bundles of a task in the order of their commands, and the codes of all segments they ever had. */
export class Deployments {
  /** Segment keys by code; code 0 is "unassigned". */
  readonly segments: string[] = ['']
  readonly #codes = new Map<string, number>()
  readonly #all: Deployed[] = []

  add(bundle: Bundle, promoteId: string | null, rollout?: Rollout): void {
    const codes = bundle.segments.map((s) => this.codeOf(s.key))
    const outlierCode = this.codeOf(OUTLIER)
    const standing = new Map(codes.map((code, index) => [code, index]))
    standing.set(outlierCode, OUTLYING)
    standing.set(0, UNASSIGNED)
    this.#all.push({
      bundle,
      promoteId,
      rollout,
      assigner: compileAssigner(bundle),
      keeper: new Keeper(bundle),
      radii: Float64Array.from(bundle.radii),
      codes,
      outlierCode,
      standing,
    })
  }

  at(place: number): Deployed | undefined {
    return this.#all[place]
  }

  /** Place of the last one that is at work for a user as of `t`; −1: none. As time goes on it never falls. */
  placeOf(user: string, t: number): number {
    for (let place = this.#all.length - 1; place >= 0; place--) {
      const { bundle, rollout } = this.#all[place] as Deployed
      if (rollout === undefined || isReached(user, bundle.version, rollout, t)) return place
    }
    return -1
  }

  /** Code of a segment, a new one where it has none. */
  codeOf(key: string): number {
    const known = this.#codes.get(key)
    if (known !== undefined) return known
    const code = this.segments.push(key) - 1
    this.#codes.set(key, code)
    return code
  }
}
