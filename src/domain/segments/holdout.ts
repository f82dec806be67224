import { hash32 } from '../base/hash.ts'

/** Buckets that users fall into; a share of them, from bucket 0 on, is held out. */
export const HOLDOUT_BUCKETS = 10_000

/** Which users campaigns leave alone, so that what they bring about can be told from what happens anyway; part of the recipe. */
export interface Holdout {
  /** Share of the users in percent, to a hundredth. */
  readonly pct: number
  /** Another salt deals the users out anew. */
  readonly salt: string
}

/** The user's bucket, 0–9999: a function of salt and user id alone. */
export function holdoutBucket(userId: string, salt: string): number {
  return hash32(`${salt}\0${userId}`) % HOLDOUT_BUCKETS
}

/** Is a bucket held out? A larger share keeps all whom a smaller one held out. */
export function isHeldOut(bucket: number, { pct }: Holdout): boolean {
  return bucket < Math.round((pct * HOLDOUT_BUCKETS) / 100)
}
