/** Why a user moved. */
export type Cause = 'first' | 'behaviour' | 'inactivity' | 'model' | 'centroids' | 'erasure' | 'expired'

/** How a move came to be published: as it happened, from history before go-live, or by a replay. */
export type Origin = 'live' | 'backfill' | 'replay' | 'resync'

/** Segment key that stands for users beyond every centroid's radius. */
export const OUTLIER = 'outlier'

/** One feature's part in a move, in words and numbers. */
export interface Reason {
  readonly feature: string
  readonly label: string
  readonly unit: string | null
  /** Raw value when the user entered `from`; null for a first assignment. */
  readonly before: number | null
  readonly now: number
  /** The feature's share of d_from² − d_to²; positive pulls towards `to`. */
  readonly pull: number
  readonly text: string
}

/** What marketers read of a user beside his segment; each null unless the feature set declares it. */
export interface Traits {
  readonly topCategory: string | null
  readonly topSeason: string | null
  readonly orders365d: number | null
  /** In minor units of `currency`. */
  readonly spend365dMinor: number | null
  /** ISO 4217; null where there is no `spend365dMinor`. */
  readonly currency: string | null
  /** Unix ms. */
  readonly lastOrderAt: number | null
}

/** One user's move from one segment to another: a function of the inputs alone, no wall clock in it. */
export interface Transition {
  /** `tr_` + 32 hex of sha256 over (app, user, sequence, from, to, occurredAt); the same fact always has the same id. */
  readonly id: string
  readonly userId: string
  /** 1, 2, 3 … per user, without gaps; from 1 again for one who comes back after a move to null. */
  readonly sequence: number
  /** null: the first assignment. */
  readonly from: string | null
  /** Names by the last labels known to the task when the move was decided, in the app's locale; null where unknown. */
  readonly fromName: string | null
  /** null: the user is gone. */
  readonly to: string | null
  readonly toName: string | null
  /** As-of of the decision that put him into `from`; null with `from`. */
  readonly fromSince: number | null
  /** How often he has entered `to`, this time included. */
  readonly timesInTo: number
  readonly cause: Cause
  readonly origin: Origin
  /** As-of of the deciding evaluation, Unix ms. */
  readonly occurredAt: number
  /** Euclidean distances in component space; null where there is no such centroid in this bundle. */
  readonly distanceFrom: number | null
  readonly distanceTo: number | null
  /** 1 − distanceTo / distanceFrom; null with either. */
  readonly margin: number | null
  /** 0–9999: see `holdoutBucket`. */
  readonly holdoutBucket: number
  /** Is he one of those that campaigns leave alone? */
  readonly holdout: boolean
  /** Command that put the bundle to work, where that alone moved him (cause `model`). */
  readonly promoteId: string | null
  /** null: the feature set declares none, or nothing is kept of him any more. */
  readonly traits: Traits | null
  readonly bundleVersion: string
  readonly triggerKind: string
  readonly triggerEventId: string | null
  readonly sourceTopic: string | null
  readonly sourcePartition: number
  readonly sourceOffset: number | null
  /** The reasons in one line, in the app's locale. */
  readonly summary: string
  /** Strongest first, at most three. */
  readonly reasons: readonly Reason[]
}

/** Where one user is now, for readers of the state and of `user-segments`. */
export interface Membership {
  readonly userId: string
  /** null: gone (a tombstone). */
  readonly segment: string | null
  /** Names as in the move that brought him here. */
  readonly segmentName: string | null
  readonly since: number
  readonly previous: string | null
  readonly previousName: string | null
  readonly sequence: number
  readonly holdoutBucket: number
  readonly holdout: boolean
  /** As of `since`. */
  readonly traits: Traits | null
  readonly bundleVersion: string
  readonly origin: Origin
}

/** Where a move leaves its user. */
export function membershipOf(t: Transition): Membership {
  return {
    userId: t.userId,
    segment: t.to,
    segmentName: t.toName,
    since: t.occurredAt,
    previous: t.from,
    previousName: t.fromName,
    sequence: t.sequence,
    holdoutBucket: t.holdoutBucket,
    holdout: t.holdout,
    traits: t.traits,
    bundleVersion: t.bundleVersion,
    origin: t.origin,
  }
}
