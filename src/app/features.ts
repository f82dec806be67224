import { compareUtf8 } from '../domain/base/canonical.ts'
import type { Event } from '../domain/events/event.ts'
import type { Plan } from '../domain/features/plan.ts'
import { Profiles } from '../domain/profile/profiles.ts'

/** The features of users as of one time. */
export interface FeatureTable {
  /** F names. */
  readonly columns: readonly string[]
  /** Unix ms, exclusive. */
  readonly asOf: number
  /** n users with at least one event before `asOf`, ordered by the UTF-8 bytes of their ids. */
  readonly users: readonly string[]
  /** n × F raw values before transforms, row-major. */
  readonly values: Float64Array
  /** Behaviour events folded per user (n). */
  readonly eventsPerUser: Float64Array
}

/** What was known of everybody as of one time. */
export interface Snapshot {
  /** Unix ms, exclusive. */
  readonly asOf: number
  readonly profiles: Profiles
  /** Events that counted less than they say, by reason. */
  readonly uncounted: Readonly<Record<string, number>>
}

/** Called after an event has been folded into a snapshot. */
export type OnFold = (profiles: Profiles, slot: number, event: Event) => void

/** Rows of a block: large enough for a row group of Parquet, small beside the profiles that it is read from. */
const BLOCK_ROWS = 65_536

/**
 * One snapshot per as-of, point-in-time correct: an event counts where its time is before the as-of. Events may come in any
 * order, and are read once.
 */
export async function snapshots(
  plan: Plan,
  events: AsyncIterable<Event> | Iterable<Event>,
  asOf: readonly number[],
  onFold?: OnFold,
): Promise<Snapshot[]> {
  const found = asOf.map((at) => ({ asOf: at, profiles: new Profiles(plan) }))
  const take = (event: Event): void => {
    for (const { asOf: at, profiles } of found) {
      if (event.eventTime >= at) continue
      const slot = profiles.open(event.userId)
      profiles.fold(slot, event)
      onFold?.(profiles, slot, event)
    }
  }
  if (Symbol.asyncIterator in events) for await (const event of events) take(event)
  else for (const event of events) take(event)
  for (const { asOf: at, profiles } of found) {
    for (const slot of profiles.slots()) {
      profiles.setAsOf(slot, at)
      profiles.settle(slot)
    }
  }
  return found.map((s) => ({ ...s, uncounted: s.profiles.uncounted.take() ?? {} }))
}

/** Rows per column whose value is a lower bound: a distinct count of more values than the feature keeps. Others are left out. */
export function saturatedRows(found: readonly Snapshot[]): Record<string, number> {
  const rows: Record<string, number> = {}
  for (const { asOf, profiles } of found) {
    const { columns, columnNodes, nodes } = profiles.plan
    if (!columnNodes.some((at) => nodes[at]?.is === 'distinct')) continue
    const flags = new Uint8Array(columns.length)
    for (const slot of profiles.slots()) {
      profiles.saturated(slot, asOf, flags)
      columns.forEach((name, j) => {
        if (flags[j] === 1) rows[name] = (rows[name] ?? 0) + 1
      })
    }
  }
  return rows
}

/** A snapshot's table in blocks of at most `rows` users, one after the other; nothing but a block is held beside the profiles. */
export function* tableBlocks({ asOf, profiles }: Snapshot, rows = BLOCK_ROWS): Generator<FeatureTable> {
  const columns = profiles.plan.columns
  const F = columns.length
  const slots = [...profiles.slots()].sort((a, b) => compareUtf8(profiles.user(a), profiles.user(b)))
  for (let from = 0; from < slots.length; from += rows) {
    const part = slots.slice(from, from + rows)
    const values = new Float64Array(part.length * F)
    part.forEach((slot, i) => profiles.vector(slot, asOf, values.subarray(i * F, (i + 1) * F)))
    const eventsPerUser = Float64Array.from(part, (slot) => profiles.events(slot))
    yield { columns, asOf, users: part.map((slot) => profiles.user(slot)), values, eventsPerUser }
  }
}

/** A snapshot's table as a whole. */
export function wholeTable(snapshot: Snapshot): FeatureTable {
  const [table] = tableBlocks(snapshot, Number.POSITIVE_INFINITY)
  const { asOf, profiles } = snapshot
  const none = new Float64Array(0)
  return table ?? { columns: profiles.plan.columns, asOf, users: [], values: none, eventsPerUser: none }
}

/** Lines of CSV (RFC 4180, `\n`), the header first: `user_id,as_of,<columns>`; as_of in ISO 8601 UTC with milliseconds. */
export function* featureCsv(columns: readonly string[], blocks: Iterable<FeatureTable>): Iterable<string> {
  yield `${['user_id', 'as_of', ...columns].join(',')}\n`
  const F = columns.length
  for (const { asOf, users, values } of blocks) {
    const time = new Date(asOf).toISOString()
    for (let i = 0; i < users.length; i++) {
      yield `${quoted(users[i] as string)},${time},${values.subarray(i * F, (i + 1) * F).join(',')}\n`
    }
  }
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
