import { DAY_MS } from '../../domain/base/duration.ts'
import { quantileOfSorted } from '../../domain/model/quantile.ts'

/** Moves from one segment to another; keys, null: gone. */
export interface Flow {
  readonly from: string
  readonly to: string | null
  readonly users: number
  /** What these customers spent in the year before, minor units; null: the feature set does not say. */
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
  return { ...(await flowsOf(input)), ...(await staysOf(input)) }
}

async function flowsOf({
  moves,
  keys,
}: MovementInput): Promise<Pick<Movement, 'flows' | 'causes' | 'firstAt' | 'lastAt'>> {
  const flows = new Map<string, { users: number; spendMinor: number | null }>()
  const causes = new Map<string, number>()
  let firstAt: string | null = null
  let lastAt: string | null = null
  for await (const line of moves) {
    const m = JSON.parse(line) as Moved
    causes.set(m.cause, (causes.get(m.cause) ?? 0) + 1)
    if (firstAt === null || m.occurredAt < firstAt) firstAt = m.occurredAt
    if (lastAt === null || m.occurredAt > lastAt) lastAt = m.occurredAt
    if (m.from === null) continue
    const key = flowKey(m.from, m.to)
    const known = flows.get(key)
    const spend =
      m.spend365dMinor === null ? (known?.spendMinor ?? null) : (known?.spendMinor ?? 0) + m.spend365dMinor
    flows.set(key, { users: (known?.users ?? 0) + 1, spendMinor: spend })
  }
  const told = keys.flatMap((from) =>
    [...keys, null].flatMap((to): Flow[] => {
      const flow = flows.get(flowKey(from, to))
      return flow === undefined ? [] : [{ from, to, ...flow }]
    }),
  )
  return { flows: told, causes: [...causes].sort(([a], [b]) => (a < b ? -1 : 1)), firstAt, lastAt }
}

const flowKey = (from: string, to: string | null): string => `${from} ${to ?? ''}`

async function staysOf({
  members,
  keys,
  firstEventOf,
}: MovementInput): Promise<Pick<Movement, 'stays' | 'firstDays'>> {
  const open = new Map<string, { segment: string; since: number }>()
  const stays = new Map<string, { days: number; left: boolean }[]>(keys.map((key) => [key, []]))
  const waits: number[] = []
  const known = new Set<string>()
  let end = 0
  for await (const line of members) {
    const m = JSON.parse(line) as Member
    const at = Date.parse(m.since)
    end = Math.max(end, at)
    const stay = open.get(m.userId)
    if (stay) stays.get(stay.segment)?.push({ days: (at - stay.since) / DAY_MS, left: true })
    if (m.segment === null) open.delete(m.userId)
    else open.set(m.userId, { segment: m.segment, since: at })
    if (known.has(m.userId)) continue
    known.add(m.userId)
    const first = firstEventOf(m.userId)
    if (first !== undefined) waits.push((at - first) / DAY_MS)
  }
  for (const { segment, since } of open.values())
    stays.get(segment)?.push({ days: (end - since) / DAY_MS, left: false })
  const sorted = Float64Array.from(waits).sort()
  const wait = (q: number): number => quantileOfSorted(sorted, q)
  return {
    stays: keys.map((segment) => {
      const all = stays.get(segment) ?? []
      return { segment, stays: all.length, medianDays: medianStay(all) }
    }),
    firstDays: waits.length === 0 ? null : [wait(0.25), wait(0.5), wait(0.75)],
  }
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
