import { hash32 } from '../base/hash.ts'

/** For whom a bundle is put to work: for a share of the users at once, or for more and more of them. */
export interface Rollout {
  /** Part of the users, in (0, 1]; absent: all. */
  readonly share?: number | undefined
  /** The share grows from nothing to its whole in so many ms; absent: it is whole at once. */
  readonly rampMs?: number | undefined
  /** Unix ms at which it begins. */
  readonly from: number
}

/** The user's place among all for a bundle, in [0, 1): another bundle begins with others. */
export function placeAmong(userId: string, version: string): number {
  return hash32(userId, Number.parseInt(version.slice(0, 8), 16)) / 0x1_0000_0000
}

/** Part of the users reached as of `t`, 0–1; it never falls as time goes on. */
export function partReached({ share = 1, rampMs = 0, from }: Rollout, t: number): number {
  return rampMs === 0 ? share : share * Math.min(1, Math.max(0, (t - from) / rampMs))
}

/** Is a bundle at work for this user as of `t`? A function of user, bundle and time alone; who is reached stays so. */
export function isReached(userId: string, version: string, rollout: Rollout, t: number): boolean {
  const part = partReached(rollout, t)
  return part >= 1 || placeAmong(userId, version) < part
}

/** The deployment that a `rollback` goes back to: the last one of another bundle than the last; undefined: there is none. */
export function beforeLast<D extends { readonly bundle: { readonly version: string } }>(
  deployments: readonly D[],
): D | undefined {
  const last = deployments.at(-1)
  return last && deployments.findLast(({ bundle }) => bundle.version !== last.bundle.version)
}
