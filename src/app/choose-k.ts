import type { Candidate } from '../domain/model/choose-k.ts'
import { selectRows, type Matrix } from '../domain/model/matrix.ts'
import { sampleRows } from '../domain/model/silhouette.ts'
import { bootstrapJaccard } from '../domain/model/stability.ts'
import { distinctRows, qualityOf, tryFit, type FitOptions } from './fit.ts'

/** What `--k auto` tries: more segments than ten nobody can tell apart. */
export const MIN_K = 2
export const MAX_K = 10

/** Above this many rows a seeded sample of as many stands for all: what is compared here does not change in its second digit. */
const CHOICE_ROWS = 6_000

/** Groups rows (n × C) with every k that is tried and says what speaks for each, in order of k; fewer where rows coincide. */
export function candidatesOf(
  all: Matrix,
  options: Omit<FitOptions, 'k'>,
  onCandidate?: (done: number) => void,
): Candidate[] {
  const z = all.rows > CHOICE_ROWS ? selectRows(all, sampleRows(all.rows, CHOICE_ROWS, options.seed)) : all
  const most = Math.max(MIN_K, Math.min(MAX_K, distinctRows(z, MAX_K)))
  return Array.from({ length: most - MIN_K + 1 }, (_, i) => MIN_K + i).flatMap((k, i) => {
    const found = tryFit(z, { ...options, k })
    onCandidate?.(i + 1)
    if (found === undefined) return []
    const quality = qualityOf(z, found.labels, found.centres, { k, seed: options.seed })
    return [{ ...quality, stability: Array.from(bootstrapJaccard(z, found.centres, { seed: options.seed })) }]
  })
}
