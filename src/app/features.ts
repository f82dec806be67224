import { compareUtf8 } from '../domain/base/canonical.ts'
import type { Event } from '../domain/events/event.ts'
import type { Plan } from '../domain/features/plan.ts'
import { Profiles } from '../domain/profile/profiles.ts'

/** The features of all users as of one time. */
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

/**
 * One table per as-of, point-in-time correct: an event counts where its time is before the as-of. Events may come in any
 * order, and are read once. Holds the profiles of every as-of in memory.
 */
export async function featureTable(
  plan: Plan,
  events: AsyncIterable<Event> | Iterable<Event>,
  asOf: readonly number[],
): Promise<FeatureTable[]> {
  const moments = asOf.map((at) => ({ at, profiles: new Profiles(plan) }))
  const take = (event: Event): void => {
    for (const { at, profiles } of moments) {
      if (event.eventTime < at) profiles.fold(profiles.open(event.userId), event)
    }
  }
  if (Symbol.asyncIterator in events) for await (const event of events) take(event)
  else for (const event of events) take(event)
  return moments.map(({ at, profiles }) => tableOf(profiles, at))
}

function tableOf(profiles: Profiles, asOf: number): FeatureTable {
  const columns = profiles.plan.columns
  const F = columns.length
  const slots = [...profiles.slots()].sort((a, b) => compareUtf8(profiles.user(a), profiles.user(b)))
  const values = new Float64Array(slots.length * F)
  slots.forEach((slot, i) => profiles.vector(slot, asOf, values.subarray(i * F, (i + 1) * F)))
  const eventsPerUser = Float64Array.from(slots, (slot) => profiles.events(slot))
  return { columns, asOf, users: slots.map((slot) => profiles.user(slot)), values, eventsPerUser }
}

/** Lines of CSV (RFC 4180, `\n`), the header first: `user_id,as_of,<columns>`; as_of in ISO 8601 UTC with milliseconds. */
export function* featureCsv(tables: readonly FeatureTable[]): Iterable<string> {
  const columns = tables[0]?.columns ?? []
  yield `${['user_id', 'as_of', ...columns].join(',')}\n`
  for (const table of tables) {
    const asOf = new Date(table.asOf).toISOString()
    const F = table.columns.length
    for (let i = 0; i < table.users.length; i++) {
      yield `${quoted(table.users[i] as string)},${asOf},${table.values.subarray(i * F, (i + 1) * F).join(',')}\n`
    }
  }
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
