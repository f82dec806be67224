import { compareUtf8 } from '../../domain/base/canonical.ts'
import { DAY_MS } from '../../domain/base/duration.ts'
import { quantileOfSorted } from '../../domain/model/quantile.ts'

/** Moves from one segment to another; keys, null: gone. */
export interface Flow {
  readonly from: string
  readonly to: string | null
  readonly users: number
  /** What these customers spend in a year, minor units: as the moves say, else as the orders do; null: neither does. */
  readonly spendMinor: number | null
}

/** How long customers stay in a segment. */
export interface Stay {
  readonly segment: string
  readonly stays: number
  /** Median by Kaplan & Meier (1958), days: those who are still there count as long as they were seen; null: more than half stay. */
  readonly medianDays: number | null
}

/** What a run did: its published moves and memberships. */
export interface Movement {
  /** Segments told below, in order: those asked for, then others that the run had, by key. */
  readonly segments: readonly string[]
  /** Moves that are not a first assignment, by (from, to) in order of the keys given. */
  readonly flows: readonly Flow[]
  /** Moves by cause, first assignments included, in order of the cause's name. */
  readonly causes: readonly (readonly [cause: string, moves: number])[]
  readonly stays: readonly Stay[]
  /** Days from the first event to the first segment: quantiles 0.25, 0.5, 0.75; null: no first event is known. */
  readonly firstDays: readonly [number, number, number] | null
  readonly firstAt: string | null
  readonly lastAt: string | null
}

export interface MovementInput {
  /** Lines of `segment-changed` and of `user-segments`, oldest first. */
  readonly moves: AsyncIterable<string>
  readonly members: AsyncIterable<string>
  /** Segment keys in the order to tell them. */
  readonly keys: readonly string[]
  /** Time of a user's first event, Unix ms; undefined: not known. */
  readonly firstEventOf: (user: string) => number | undefined
  /** What a user spent in the year before the as-of, minor units; undefined: not known. */
  readonly spendOf: (user: string) => number | undefined
}

interface Moved {
  readonly userId: string
  readonly from: string | null
  readonly to: string | null
  readonly cause: string
  readonly occurredAt: string
  readonly spend365dMinor: number | null
}

interface Member {
  readonly userId: string
  readonly segment: string | null
  readonly since: string
}

/** Reads a run's outputs once, from beginning to end. */
export async function movementOf(input: MovementInput): Promise<Movement> {
  const { moves, members, keys, firstEventOf, spendOf } = input
  const { flows, ...moved } = await flowsOf(moves, spendOf)
  const { stays, firstDays } = await staysOf(members, firstEventOf)
  const others = [...stays.keys(), ...flows.map(({ from }) => from), ...flows.flatMap(({ to }) => to ?? [])]
  const segments = [...new Set([...keys, ...others.toSorted(compareUtf8)])]
  const place = (key: string | null): number => (key === null ? segments.length : segments.indexOf(key))
  return {
    ...moved,
    segments,
    flows: flows.toSorted((a, b) => place(a.from) - place(b.from) || place(a.to) - place(b.to)),
    stays: segments.map((segment) => {
      const all = stays.get(segment) ?? []
      return { segment, stays: all.length, medianDays: medianStay(all) }
    }),
    firstDays,
  }
}

async function flowsOf(
  moves: AsyncIterable<string>,
  spendOf: MovementInput['spendOf'],
): Promise<Pick<Movement, 'causes' | 'firstAt' | 'lastAt'> & { flows: Flow[] }> {
  const flows = new Map<string, Flow>()
  const causes = new Map<string, number>()
  let firstAt: string | null = null
  let lastAt: string | null = null
  for await (const line of moves) {
    const { userId, from, to, cause, occurredAt, spend365dMinor } = JSON.parse(line) as Moved
    causes.set(cause, (causes.get(cause) ?? 0) + 1)
    if (firstAt === null || occurredAt < firstAt) firstAt = occurredAt
    if (lastAt === null || occurredAt > lastAt) lastAt = occurredAt
    if (from === null) continue
    const key = `${from} ${to ?? ''}`
    const { users, spendMinor } = flows.get(key) ?? { users: 0, spendMinor: null }
    const spend = spend365dMinor ?? spendOf(userId)
    const sum = spend === undefined ? spendMinor : (spendMinor ?? 0) + spend
    flows.set(key, { from, to, users: users + 1, spendMinor: sum })
  }
  return {
    flows: [...flows.values()],
    causes: [...causes].sort(([a], [b]) => compareUtf8(a, b)),
    firstAt,
    lastAt,
  }
}

interface Length {
  readonly days: number
  readonly left: boolean
}

async function staysOf(
  members: AsyncIterable<string>,
  firstEventOf: MovementInput['firstEventOf'],
): Promise<{ stays: Map<string, Length[]>; firstDays: Movement['firstDays'] }> {
  const open = new Map<string, { segment: string; since: number }>()
  const stays = new Map<string, Length[]>()
  const close = (segment: string, length: Length): void => {
    const all = stays.get(segment)
    if (all === undefined) stays.set(segment, [length])
    else all.push(length)
  }
  const waits: number[] = []
  const known = new Set<string>()
  let end = 0
  for await (const line of members) {
    const { userId, segment, since } = JSON.parse(line) as Member
    const at = Date.parse(since)
    end = Math.max(end, at)
    const stay = open.get(userId)
    // the same segment by another bundle is no move
    if (stay?.segment === segment) continue
    if (stay) close(stay.segment, { days: (at - stay.since) / DAY_MS, left: true })
    if (segment === null) open.delete(userId)
    else open.set(userId, { segment, since: at })
    if (known.has(userId)) continue
    known.add(userId)
    const first = firstEventOf(userId)
    if (first !== undefined) waits.push((at - first) / DAY_MS)
  }
  for (const { segment, since } of open.values())
    close(segment, { days: (end - since) / DAY_MS, left: false })
  const sorted = Float64Array.from(waits).sort()
  const wait = (q: number): number => quantileOfSorted(sorted, q)
  return { stays, firstDays: waits.length === 0 ? null : [wait(0.25), wait(0.5), wait(0.75)] }
}

/** First length at which at most half of the stays go on; who left and who is still there at the same length: the leaving first. */
export function medianStay(
  stays: readonly { readonly days: number; readonly left: boolean }[],
): number | null {
  const sorted = stays.toSorted((a, b) => a.days - b.days || Number(b.left) - Number(a.left))
  let going = 1
  for (const [i, { days, left }] of sorted.entries()) {
    if (left) going *= 1 - 1 / (sorted.length - i)
    // products of fractions: half may come out a hair above
    if (going <= 0.5 + 1e-12) return days
  }
  return null
}
