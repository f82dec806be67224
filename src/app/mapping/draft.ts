import type { Encoding } from '../../domain/events/mapping.ts'
import { draftAmounts, draftLines } from './draft-amounts.ts'
import { draftKind, type KindDraft } from './draft-kind.ts'
import { FILL_IN, Notes } from './notes.ts'
import { findRoles, languageOf, SURE, type Meaning, type Meanings } from './roles.ts'
import { guessTime } from './times.ts'
import { textOf, type Column, type Table } from './columns.ts'
import type { Role } from './words.ts'

/** What the records were found to be written in. */
export interface Written {
  readonly format: 'csv' | 'ndjson' | 'json' | 'avro'
  readonly encoding?: Encoding | undefined
  readonly delimiter?: string | undefined
  readonly envelope?: 'debezium' | undefined
  readonly why: Readonly<Record<string, string>>
}

/** What the asker knows better. */
export interface Hints {
  readonly name: string
  readonly currency?: string | undefined
  readonly zone?: string | undefined
}

/** A mapping in the making. */
export interface Draft {
  /** Members as in a mapping; what is in `open` is missing or a placeholder. */
  readonly mapping: Readonly<Record<string, unknown>>
  /** Comments by member, in words. */
  readonly notes: ReadonlyMap<string, readonly string[]>
  /** What a person must fill in before it works; none: it works at once. */
  readonly open: readonly string[]
  /** Columns that nothing was made of. */
  readonly unused: readonly string[]
}

/** Makes a mapping of what records hold: every member with why it is so and how sure that is. */
export function draftMapping(table: Table, written: Written, hints: Hints): Draft {
  const language = languageOf([...table.columns, ...table.lists.flatMap((list) => list.columns)])
  const roles = findRoles(table.columns)
  const notes = new Notes()
  const kind = draftKind(table, roles, notes)
  const joins = joinsLines(table, roles, kind)
  const mapping: Record<string, unknown> = {
    name: hints.name,
    version: 1,
    format: written.format,
    encoding: written.encoding,
    delimiter: written.delimiter === ',' ? undefined : written.delimiter,
    envelope: written.envelope,
    numbers: undefined,
    skipWhen: skips(roles, kind),
    join: joins ? { by: roles.orderId?.column.name } : undefined,
    user: userOf(roles, notes),
    time: timeOf(table.columns, roles, language, hints, notes),
    kind: kind.spec,
    eventId: eventIdOf(roles, joins, notes),
  }
  for (const [member, why] of Object.entries(written.why)) notes.add(member, why)
  if (joins)
    notes.add(
      'join',
      'an order id stands in several records: each is one line of it; the whole is one event. ingest does that, stream does not',
    )
  for (const role of PLAIN) take(mapping, role, roles[role], notes)
  if (roles.category !== undefined) mapping['category'] = categoryOf(roles.category.column, notes)
  mapping['orderId'] = orderIdOf(roles, kind, notes)
  Object.assign(
    mapping,
    draftAmounts(table, roles, kind, { commaLands: language !== undefined, currency: hints.currency }, notes),
  )
  Object.assign(mapping, draftLines(table, notes))
  for (const key of Object.keys(mapping)) if (mapping[key] === undefined) delete mapping[key]
  const used = JSON.stringify(mapping)
  const unused = table.columns.map(({ name }) => name).filter((name) => !used.includes(JSON.stringify(name)))
  return { mapping, notes: notes.all, open: notes.open, unused }
}

/** Members that are a field and nothing else. */
const PLAIN = [
  'session',
  'product',
  'brand',
  'coupon',
  'discount',
  'channel',
  'country',
  'promotion',
  'campaign',
] as const

function take(
  mapping: Record<string, unknown>,
  role: Role,
  meaning: Meaning | undefined,
  notes: Notes,
): void {
  if (meaning === undefined) return
  mapping[role] = meaning.column.name
  if (meaning.score < SURE) notes.guess(role, meaning)
}

function userOf({ user, session }: Meanings, notes: Notes): string {
  if (user === undefined && session !== undefined) {
    notes.ask('user', 'no field says who it was: each session is taken for a user')
    return session.column.name
  }
  if (user === undefined) {
    notes.fillIn('user', 'the field that says who it was: no name of a column tells')
    return FILL_IN
  }
  const { column } = user
  notes.found('user', user, `${column.distinct} different ones`)
  if (column.values.some((value) => typeof value === 'string' && /^[^@\s]+@[^@\s]+\.[a-z]+$/i.test(value)))
    notes.add('user', 'these are addresses of people: an id of your own says less about them')
  return column.name
}

function timeOf(
  columns: readonly Column[],
  roles: Meanings,
  language: string | undefined,
  hints: Hints,
  notes: Notes,
): Record<string, unknown> {
  // where no name tells, the only column of times does
  const named = roles.time?.column
  const others = columns.filter(
    (column) => named === undefined && (guessTime(column, undefined)?.share ?? 0) > 0.9,
  )
  const column = named ?? (others.length === 1 ? others[0] : undefined)
  const guess = column && guessTime(column, language === undefined ? undefined : true)
  if (column === undefined || guess === undefined) {
    notes.fillIn('time.field', 'the field that says when it was')
    notes.fillIn('time.format', 'iso, epoch-s, epoch-ms or a pattern such as dd/MM/yyyy HH:mm')
    return { field: FILL_IN, format: FILL_IN }
  }
  if (roles.time) notes.found('time', roles.time)
  else notes.add('time', `guess: the only field of times is "${column.name}"`)
  if (guess.share < 1) notes.add('time.format', `reads ${percent(guess.share)} of the values`)
  if (guess.order?.known === false) notes.ask('time.format', guess.order.why)
  else if (guess.order) notes.add('time.format', `sure: ${guess.order.why}`)
  const zone = hints.zone ?? (guess.local ? 'UTC' : undefined)
  if (guess.local && hints.zone === undefined)
    notes.ask(
      'time.zone',
      `the times say no zone: read as UTC${ZONES[language ?? ''] ?? ', else write the shop’s, such as Europe/London'}`,
    )
  const [only] = guess.formats
  return {
    field: column.name,
    format: guess.formats.length === 1 ? only : guess.formats,
    ...(zone !== undefined && guess.local && { zone }),
  }
}

const ZONES: Readonly<Record<string, string>> = {
  de: ', else write the shop’s, such as Europe/Berlin',
  fr: ', else write the shop’s, such as Europe/Paris',
  es: ', else write the shop’s, such as Europe/Madrid',
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

function skips({ user }: Meanings, kind: KindDraft): unknown {
  const rules = [...kind.skips]
  if (user !== undefined && user.column.filled < user.column.values.length)
    rules.unshift({ field: user.column.name, values: [null], reason: 'no-user' })
  return rules.length === 0 ? undefined : rules
}

/** Are records lines of orders? Where the same order of the same user stands in several, and orders are all there is. */
function joinsLines(table: Table, { orderId, user, product }: Meanings, kind: KindDraft): boolean {
  if (orderId === undefined || product === undefined || user === undefined || !kind.ordersOnly) return false
  const owners = new Map<string, Set<unknown>>()
  orderId.column.values.forEach((order, row) => {
    if (order === undefined) return
    const key = textOf(order)
    owners.set(key, (owners.get(key) ?? new Set()).add(user.column.values[row]))
  })
  const oneOwner = [...owners.values()].filter((users) => users.size === 1).length
  return (
    orderId.column.distinct < orderId.column.filled &&
    oneOwner > 0.95 * owners.size &&
    table.lists.length === 0
  )
}

function eventIdOf({ eventId, orderId }: Meanings, joins: boolean, notes: Notes): unknown {
  if (joins) return orderId?.column.name
  if (eventId !== undefined) {
    notes.found('eventId', eventId, 'different in every record')
    return eventId.column.name
  }
  notes.add(
    'eventId',
    'no field has another value in each record: all fields and the place make one, so give the same file the same way',
  )
  return { hash: 'record', position: true }
}

function orderIdOf({ orderId }: Meanings, kind: KindDraft, notes: Notes): unknown {
  if (orderId !== undefined) {
    notes.found('orderId', orderId)
    return kind.refundsHaveOwnIds
      ? { field: orderId.column.name, on: ['order_completed'] }
      : orderId.column.name
  }
  if (!kind.hasOrders) return undefined
  notes.add('orderId', 'no field names the order: each record is taken for one')
  return { hash: 'record', position: true }
}

function categoryOf({ name, values }: Column, notes: Notes): unknown {
  const texts = values.filter((value): value is string => typeof value === 'string')
  const separator = [' > ', '>', ' / ', '/', '|'].find(
    (mark) => texts.filter((text) => text.includes(mark)).length > 0.2 * texts.length,
  )
  if (separator === undefined) return name
  notes.add('category', `sure: "${separator}" stands between levels`)
  return { field: name, separator }
}
