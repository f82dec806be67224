import { isDeepStrictEqual } from 'node:util'
import type { Seen } from './reader.ts'
import { moveOf, type Move } from './shop.ts'

/** What a reader saw, held against what an undisturbed run gives. All but `moves` must be 0. */
export interface Verdict {
  readonly moves: number
  /** Ids seen more than once. */
  readonly duplicates: number
  /** Moves that were expected and not seen. */
  readonly losses: number
  /** Moves that nobody expected, or with another content. */
  readonly foreign: number
  /** Moves whose sequence or `from` does not follow the user's move before, in the order they were read. */
  readonly disorder: number
}

export const EXACT = { duplicates: 0, losses: 0, foreign: 0, disorder: 0 } as const

export function verdict(expected: readonly Move[], seen: readonly Seen[]): Verdict {
  const missing = new Map(expected.map((move) => [move.id, move]))
  const ids = new Set<string>()
  const last = new Map<string, Move>()
  let duplicates = 0
  let foreign = 0
  let disorder = 0
  for (const { value } of seen) {
    const move = moveOf(value)
    if (ids.has(move.id)) {
      duplicates++
      continue
    }
    ids.add(move.id)
    if (!isDeepStrictEqual(missing.get(move.id), move)) foreign++
    missing.delete(move.id)
    const before = last.get(move.userId)
    if (move.sequence !== (before?.sequence ?? 0) + 1 || move.from !== (before?.to ?? null)) disorder++
    last.set(move.userId, move)
  }
  return { moves: ids.size, duplicates, losses: missing.size, foreign, disorder }
}
