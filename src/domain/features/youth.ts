import { parseDurationMs } from '../base/duration.ts'
import type { FeatureSet } from './feature-set.ts'

/** What lies back so many half-lives is not counted any more. */
const HALF_LIVES = 8

/**
 * How far back the features look, ms: a state younger than that has seen only part of what they count. Lifetimes look back to
 * the user's first event and are not counted, for no state is ever as old as them.
 */
export function lookBackMs({ features }: FeatureSet): number {
  return features.reduce((longest, feature) => {
    const window = 'window' in feature ? (parseDurationMs(feature.window) ?? 0) : 0
    const decay = 'halfLife' in feature ? HALF_LIVES * (parseDurationMs(feature.halfLife) ?? 0) : 0
    return Math.max(longest, window, decay)
  }, 0)
}
