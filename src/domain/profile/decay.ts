/**
 * 2^(−age/halfLife) for ages of 0 to `ages` whole days. Made by multiplication and halving only, which IEEE 754 rounds alike
 * everywhere; what `Math.pow` gives is each engine's own affair, and weights decide results.
 */
export function decayWeights(halfLifeDays: number, ages: number): Float64Array {
  const daily = halfRoot(halfLifeDays)
  const weights = new Float64Array(ages + 1)
  for (let age = 0; age <= ages; age++) {
    if (age === 0) weights[age] = 1
    else if (age < halfLifeDays) weights[age] = (weights[age - 1] as number) * daily
    else weights[age] = (weights[age - halfLifeDays] as number) / 2
  }
  return weights
}

/** The n-th root of 1/2: the largest double whose n-th power by multiplication is not above it, by halving. */
function halfRoot(n: number): number {
  let low = 0.5
  let high = 1
  for (;;) {
    const mid = (low + high) / 2
    if (mid === low || mid === high) return low
    let power = 1
    for (let i = 0; i < n; i++) power *= mid
    if (power <= 0.5) low = mid
    else high = mid
  }
}
