import type { Stop } from './draft.ts'
import type { Fields } from './field.ts'
import type { Mapping } from './mapping-grammar.ts'
import { refused, shown, shownRecord } from './refusal.ts'

interface Opened {
  readonly fields: Fields
  readonly stop: Stop | undefined
}

type Table = Readonly<Record<string, unknown>>

const isTable = (value: unknown): value is Table =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Operations of a change stream whose `after` is a row: created, updated, read in a snapshot. */
const ROWS: ReadonlySet<unknown> = new Set(['c', 'u', 'r'])

/** What makes no event, by operation. */
const SKIPPED: Readonly<Record<string, Stop>> = {
  d: { type: 'skipped', reason: 'row-deleted' },
  t: { type: 'skipped', reason: 'table-truncated' },
  m: { type: 'skipped', reason: 'log-message' },
}
const TOMBSTONE: Stop = { type: 'skipped', reason: 'tombstone' }

/**
 * Takes a row out of a Debezium change event, with or without the schema of Kafka Connect's JSON converter around it.
 * Undefined where the mapping names no envelope.
 */
export function envelopeOpener({ envelope }: Mapping): ((record: unknown) => Opened) | undefined {
  if (envelope === undefined) return undefined
  const stopped = (stop: Stop): Opened => ({ fields: undefined, stop })
  return (record) => {
    if (record === null) return stopped(TOMBSTONE)
    const change = isTable(record) && 'payload' in record ? record['payload'] : record
    if (change === null) return stopped(TOMBSTONE)
    if (!isTable(change)) return stopped(refused('bad-value', `${shownRecord(change)} is not a change event`))
    const op = change['op']
    if (ROWS.has(op)) return { fields: change['after'], stop: undefined }
    const skipped = typeof op === 'string' && Object.hasOwn(SKIPPED, op) ? SKIPPED[op] : undefined
    if (skipped !== undefined) return stopped(skipped)
    if (op === undefined) return stopped(refused('missing-field', 'op: is missing, a change event has one'))
    return stopped(refused('bad-value', `op: ${shown(op)} is not one of c, u, r, d, t, m`))
  }
}
