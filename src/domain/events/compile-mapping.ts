import { fail } from '../../errors.ts'
import { UTC } from '../base/zone.ts'
import type { ZoneTable } from '../base/zone.ts'
import { candidateOf, checkEvent } from './decode-event.ts'
import { fieldReaders } from './draft.ts'
import type { Draft, Field, FieldOf, Step } from './draft.ts'
import { envelopeOpener } from './envelope.ts'
import type { Decoded } from './event.ts'
import { asText } from './field.ts'
import type { Fields } from './field.ts'
import type { Mapping } from './mapping-grammar.ts'
import { Money, amountStep, currencyStep, quantityStep } from './mapping-amounts.ts'
import { isJoined, joinStep, linesStep, settleStep } from './mapping-lines.ts'
import {
  TEXT_MEMBERS,
  attributesStep,
  categoryStep,
  idStep,
  kindStep,
  missing,
  objectStep,
  skipSteps,
  textStep,
  timeStep,
  userStep,
} from './mapping-steps.ts'
import { timeReader } from './time-format.ts'
import type { TimeReader } from './time-format.ts'

/** A record taken apart → its event, or why there is none: a function of its arguments. `position` is the record's offset. */
export type MapRecord = (fields: Fields, position: number, latestMs: number) => Decoded

export interface MappingContext {
  /** The header of a CSV input. */
  readonly columns?: readonly string[] | undefined
  /** Tables of the zones that mappings name; UTC needs none. */
  readonly zones?: Readonly<Record<string, ZoneTable>> | undefined
}

/**
 * Compiles a mapping once for an input. Throws `mapping-invalid` for what cannot work on it: a column that the header lacks,
 * a time format nobody understands, a zone without a table.
 */
export function compileMapping(mapping: Mapping, context: MappingContext = {}): MapRecord {
  const fieldOf = fieldReaders(mapping, context.columns)
  const steps = stepsOf(mapping, fieldOf, context.zones)
  const map: MapRecord = (fields, position, latestMs) => {
    const draft: Draft = candidateOf(NOTHING)
    for (const step of steps) {
      const stop = step(fields, draft, position)
      if (stop !== undefined) return stop
    }
    return checkEvent(draft, latestMs)
  }
  return opening(mapping, mapping.join === undefined ? map : keying(map, fieldOf(mapping.join.by)))
}

const NOTHING = {}

function stepsOf(mapping: Mapping, fieldOf: FieldOf, zones: MappingContext['zones']): readonly Step[] {
  const money = new Money(mapping)
  const steps: readonly (Step | undefined)[] = [
    objectStep(mapping),
    ...skipSteps(mapping, fieldOf, money.text),
    // First, because a record that nobody wants need not be complete.
    kindStep(mapping, fieldOf),
    userStep(mapping, fieldOf),
    timeStep(mapping, fieldOf, timeOf(mapping, zones)),
    ...TEXT_MEMBERS.map((member) => textStep(member, mapping[member], fieldOf)),
    categoryStep(mapping.category, fieldOf),
    quantityStep(mapping, fieldOf, money),
    currencyStep(mapping, fieldOf, money),
    linesStep(mapping, fieldOf, money),
    amountStep(mapping, fieldOf, money),
    joinStep(mapping),
    settleStep(),
    attributesStep(mapping, fieldOf, money.text),
    idStep('orderId', mapping.orderId, fieldOf),
    idStep('eventId', mapping.eventId, fieldOf),
  ]
  return steps.filter((step) => step !== undefined)
}

/** Takes records out of their envelope first. */
function opening(mapping: Mapping, map: MapRecord): MapRecord {
  const open = envelopeOpener(mapping)
  if (open === undefined) return map
  return (record, position, latestMs) => {
    const { stop, fields } = open(record)
    return stop ?? map(fields, position, latestMs)
  }
}

/** Names the order whose line a record is. */
function keying(map: MapRecord, { read, name }: Field): MapRecord {
  return (fields, position, latestMs) => {
    const decoded = map(fields, position, latestMs)
    if (decoded.type !== 'events' || !isJoined(decoded.events[0]?.kind)) return decoded
    const joinKey = asText(read(fields))
    return joinKey === undefined ? missing(`${name} (join)`) : { ...decoded, joinKey }
  }
}

function timeOf({ name, time }: Mapping, zones: MappingContext['zones']): TimeReader {
  const { format, zone = UTC.name } = time
  const table = zone === UTC.name ? UTC : zones?.[zone]
  if (table === undefined)
    fail('mapping-invalid', `${name}: time.zone: ${zone} is not a zone that is known here`)
  const readers = [format]
    .flat()
    .map(
      (one) =>
        timeReader(one, table) ?? fail('mapping-invalid', `${name}: time.format: ${one} is not understood`),
    )
  const [only] = readers
  if (readers.length === 1 && only) return only
  return (value) => {
    for (const read of readers) {
      const ms = read(value)
      if (ms !== undefined) return ms
    }
    return undefined
  }
}
