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

/** Of the best silhouette: groups that are as distinct but for this are as good. */
export const CLOSE_SILHOUETTE = 0.06

/** The rule in words, for tables and cards. */
export const CHOICE_RULE = {
  en:
    `of the k whose every group has a bootstrap Jaccard of at least ${STABLE_JACCARD} and ${MIN_SHARE * 100} % of the users, the ` +
    `largest whose silhouette is at most ${CLOSE_SILHOUETTE * 100} % below the best; where there is none, the k whose least stable ` +
    'group is the most stable',
  fr:
    `parmi les k dont chaque groupe a un Jaccard bootstrap d’au moins ${String(STABLE_JACCARD).replace('.', ',')} et ` +
    `${MIN_SHARE * 100}\u00A0% des clients, le plus grand dont la silhouette est au plus ${CLOSE_SILHOUETTE * 100}\u00A0% sous la ` +
    'meilleure\u00A0; à défaut, celui dont le groupe le moins stable est le plus stable',
} as const

/** The least stable group decides: a marketer uses every segment. */
export function leastStability(c: Candidate): number {
  return Math.min(...c.stability)
}

/**
 * The k of the rule. Of groupings about equally distinct the finest is taken, as Breiman et al. (1984) take the simplest tree
 * within reach of the best, but the other way round: two segments are easily treated as one, one is not easily taken apart.
 * Expects at least one candidate.
 */
export function chooseK(candidates: readonly Candidate[]): number {
  const sound = candidates.filter((c) => leastStability(c) >= STABLE_JACCARD && c.smallestShare >= MIN_SHARE)
  if (sound.length === 0) {
    const best = candidates.toSorted((a, b) => leastStability(b) - leastStability(a) || a.k - b.k)[0]
    return (best as Candidate).k
  }
  const best = Math.max(...sound.map((c) => c.silhouette))
  const from = best - CLOSE_SILHOUETTE * Math.abs(best)
  return Math.max(...sound.filter((c) => c.silhouette >= from).map((c) => c.k))
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
