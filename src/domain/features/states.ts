import type { Label } from './label.ts'
import type { Measure } from './measure.ts'
import type { HopSize } from './window.ts'

/** Which events feed an aggregate: kinds as indices of EVENT_KINDS, and an index into `Plan.predicates`, −1: all of them. */
export interface Selection {
  readonly kinds: readonly number[]
  readonly predicate: number
}

/**
 * How a number takes in events. All commute and merge: sums; smallest and largest as ranks (`rankOf`), 0 for none; whether there
 * was any; half-hours with events, as bits. `seen` counts the numbers that a measure found.
 */
export type Rule = 'add' | 'seen' | 'min' | 'max' | 'any' | 'slots'

/** A number of a lifetime. Only these have also the newest event time and the oldest; days and half-hours would never end. */
export interface ScalarState extends Selection {
  readonly key: string
  readonly rule: Exclude<Rule, 'any' | 'slots'> | 'latest' | 'earliest'
  readonly measure: Measure
  /** A refund takes nothing back from it. */
  readonly gross: boolean
}

/** A number kept per bucket of a lane; `hops`: the longest window that reads it. */
export interface CellState extends Selection {
  readonly key: string
  readonly rule: Rule
  readonly measure: Measure
  readonly gross: boolean
  readonly hops: number
}

/** What features read of a cell: all buckets of a window taken together, a sum's buckets also weighted by their age. */
export interface LaneRead {
  readonly cell: number
  readonly hops: number
  /** 0: every bucket weighs the same. */
  readonly halfLifeDays: number
}

/** All numbers of one hop size that the same kinds feed: they share one sorted list of buckets per user. */
export interface Lane {
  readonly hop: HopSize
  readonly cells: readonly CellState[]
  /** Without doubles, by hops. */
  readonly reads: readonly LaneRead[]
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
  /** The windows that features read, without doubles, ascending. */
  readonly reads: readonly number[]
}
