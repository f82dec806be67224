/** Squared distances to fixed centres, and which is nearest. */
export interface Nearest {
  readonly C: number
  readonly K: number
  /** Squared distances (K) of the last `find`; overwritten by the next. */
  readonly distances2: Float64Array
  /** Index of the nearest centre of z (C); ties go to the lowest index. */
  readonly find: (z: Float64Array) => number
}

/** centres: K × C. */
export function compileNearest(centres: readonly (readonly number[])[]): Nearest {
  const K = centres.length
  const C = centres[0]?.length ?? 0
  const flat = Float64Array.from(centres.flat())
  const distances2 = new Float64Array(K)

  function findInPlane(z: Float64Array): number {
    const z0 = z[0] as number
    const z1 = z[1] as number
    let best = 0
    let least = Number.POSITIVE_INFINITY
    for (let k = 0; k < K; k++) {
      const a = z0 - (flat[2 * k] as number)
      const b = z1 - (flat[2 * k + 1] as number)
      const d = a * a + b * b
      distances2[k] = d
      if (d < least) {
        least = d
        best = k
      }
    }
    return best
  }

  function findAny(z: Float64Array): number {
    let best = 0
    let least = Number.POSITIVE_INFINITY
    for (let k = 0, at = 0; k < K; k++) {
      let d = 0
      for (let c = 0; c < C; c++) {
        const e = (z[c] as number) - (flat[at++] as number)
        d += e * e
      }
      distances2[k] = d
      if (d < least) {
        least = d
        best = k
      }
    }
    return best
  }

  return { C, K, distances2, find: C === 2 ? findInPlane : findAny }
}
