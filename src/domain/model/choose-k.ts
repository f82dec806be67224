/** What speaks for and against one number of groups. */
export interface Candidate {
  readonly k: number
  /** Sum of squared distances to the centroids. */
  readonly inertia: number
  /** Mean, −1 to 1 (Rousseeuw 1987); large is good. */
  readonly silhouette: number
  /** Davies & Bouldin (1979); small is good. */
  readonly daviesBouldin: number
  /** Caliński & Harabasz (1974); large is good. */
  readonly calinskiHarabasz: number
  /** Of everybody, in the smallest group. */
  readonly smallestShare: number
  /** Mean bootstrap Jaccard per group, in the bundle's order. */
  readonly stability: number[]
}

/** Hennig's (2007) bound for a stable group. */
export const STABLE_JACCARD = 0.75
/** A smaller segment is not worth a campaign of its own. */
export const MIN_SHARE = 0.02

/** The rule in words, for tables and cards. */
export const CHOICE_RULE =
  `the largest silhouette among the k whose every group has a bootstrap Jaccard of at least ${STABLE_JACCARD} and ` +
  `${MIN_SHARE * 100} % of the users; where there is none, the k whose least stable group is the most stable`

/** The least stable group decides: a marketer uses every segment. */
export function leastStability(c: Candidate): number {
  return Math.min(...c.stability)
}

/** The k of the rule; ties: the smaller. Expects at least one candidate. */
export function chooseK(candidates: readonly Candidate[]): number {
  const sound = candidates.filter((c) => leastStability(c) >= STABLE_JACCARD && c.smallestShare >= MIN_SHARE)
  const [pool, worth] =
    sound.length > 0 ? [sound, (c: Candidate) => c.silhouette] : [candidates, leastStability]
  const best = pool.toSorted((a, b) => worth(b) - worth(a) || a.k - b.k)[0] as Candidate
  return best.k
}

/**
 * The k at the bend of the inertia's curve: the farthest below the straight line between its ends, both axes scaled to 0 … 1
 * (Satopää et al. 2011, "Kneedle"). Inertias in order of k; undefined for fewer than three.
 */
export function elbow(candidates: readonly Pick<Candidate, 'k' | 'inertia'>[]): number | undefined {
  const first = candidates[0]
  const last = candidates.at(-1)
  if (candidates.length < 3 || first === undefined || last === undefined) return undefined
  const depth = ({ k, inertia }: Pick<Candidate, 'k' | 'inertia'>): number => {
    const along = (k - first.k) / (last.k - first.k)
    const fallen = (first.inertia - inertia) / (first.inertia - last.inertia)
    return fallen - along
  }
  return candidates.toSorted((a, b) => depth(b) - depth(a) || a.k - b.k)[0]?.k
}
