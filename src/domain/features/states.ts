import type { Label, Measure } from './fields.ts'
import type { HopSize } from './window.ts'

/** Which events feed an aggregate: kinds as indices of EVENT_KINDS, and an index into `Plan.predicates`, −1: all of them. */
export interface Selection {
  readonly kinds: readonly number[]
  readonly predicate: number
}

/** A number of a lifetime: a count, a sum of integers, or the newest event time (`latest`). */
export interface ScalarState extends Selection {
  readonly key: string
  readonly rule: 'add' | 'latest'
  readonly measure: Measure
}

/** A count or sum kept per bucket of a lane; `hops`: the longest window that reads it. */
export interface CellState extends Selection {
  readonly key: string
  readonly measure: Measure
  readonly hops: number
}

/** All counts and sums of one hop size: they share one sorted list of buckets per user. */
export interface Lane {
  readonly hop: HopSize
  readonly cells: readonly CellState[]
  /** The (cell, window) pairs that features read, without doubles. */
  readonly reads: readonly { readonly cell: number; readonly hops: number }[]
}

/** Distinct values; `hop` null: of a lifetime, else value → latest bucket. */
export interface SetState extends Selection {
  readonly key: string
  readonly label: Label
  readonly hop: HopSize | null
  /** Longest window that reads it; Infinity for a lifetime. */
  readonly hops: number
  /** The most that any feature remembers of it. */
  readonly keep: number
  /** The windows that features read, without doubles. */
  readonly reads: readonly number[]
}
