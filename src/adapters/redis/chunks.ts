import type { Membership } from '../../domain/segments/transition.ts'
import { assert } from '../../errors.ts'
import type { Checkpoint, SealedProfile } from '../../ports/store.ts'
import type { Ms } from '../../ports/types.ts'
import type { Arg } from './client.ts'
import { Packed } from './packed.ts'

/** Users of one chunk at most: what Lua unpacks at once, and what a server works on without others having to wait. */
export const CHUNK_USERS = 1000
const CHUNK_BYTES = 1024 * 1024
/** A membership costs the server about as much as this many profiles. */
const MEMBERSHIP_WEIGHT = 3

/** What one script writes. A user's membership goes with his profile. */
export interface Piece {
  readonly profiles: SealedProfile[]
  readonly joins: Membership[]
  /** Users whose memberships are removed. */
  readonly leaves: string[]
}

/** A due time as the server reads it. */
export const dueText = (due: Ms): string =>
  due === Infinity ? '+inf' : due === -Infinity ? '-inf' : String(due)

/**
 * A checkpoint in pieces, but for those forgotten, who go with its head. Of several profiles or memberships of one user the last
 * counts.
 */
export function piecesOf({ profiles, memberships }: Checkpoint): Piece[] {
  const member = new Map(memberships.map((m) => [m.userId, m]))
  const sealed = new Map<string, SealedProfile | undefined>(profiles.map((p) => [p.user, p]))
  for (const user of member.keys()) if (!sealed.has(user)) sealed.set(user, undefined)
  const pieces: Piece[] = []
  let piece: Piece = { profiles: [], joins: [], leaves: [] }
  let weight = CHUNK_USERS
  let bytes = 0
  for (const [user, profile] of sealed) {
    const membership = member.get(user)
    const cost = membership ? MEMBERSHIP_WEIGHT : 1
    if (weight + cost > CHUNK_USERS || bytes > CHUNK_BYTES) {
      piece = { profiles: [], joins: [], leaves: [] }
      pieces.push(piece)
      weight = 0
      bytes = 0
    }
    weight += cost
    bytes += profile?.bytes.length ?? 0
    if (profile) piece.profiles.push(profile)
    if (membership?.segment === null) piece.leaves.push(user)
    else if (membership) piece.joins.push(membership)
  }
  return pieces
}

/** The arguments of `segmentationChunk` behind the chunk's number. `segments` are those whose indexes are among the keys. */
export function pieceArgs({ profiles, joins, leaves }: Piece, segments: readonly string[]): Arg[] {
  const due = profiles.filter((p) => p.due !== Infinity)
  const undue = profiles.filter((p) => p.due === Infinity)
  const lists = new Packed()
  for (const { user, bytes } of profiles) {
    lists.text(user)
    lists.bytes(bytes)
  }
  for (const { user, due: at } of due) {
    assert(!Number.isNaN(at), 'every profile has a due time')
    lists.text(dueText(at))
    lists.text(user)
  }
  for (const { user } of undue) lists.text(user)
  for (const m of joins) {
    lists.text(m.userId)
    lists.text(JSON.stringify(m))
  }
  for (const m of joins) lists.text(String(segments.indexOf(m.segment as string) + 1))
  for (const user of leaves) lists.text(user)
  return [profiles.length, due.length, undue.length, joins.length, leaves.length, ...segments, lists.done()]
}
