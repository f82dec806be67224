import { fail } from '../../errors.ts'
import { UTC } from '../base/zone.ts'
import type { ZoneTable } from '../base/zone.ts'
import { candidateOf, checkEvent } from './decode-event.ts'
import { fieldReaders } from './draft.ts'
import type { Draft, Step } from './draft.ts'
import type { Decoded } from './event.ts'
import type { Fields } from './field.ts'
import type { Mapping } from './mapping.ts'
import { amountStep, currencyStep, linesStep, quantityStep } from './mapping-amounts.ts'
import {
  TEXT_MEMBERS,
  attributesStep,
  idStep,
  kindStep,
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
  const steps = stepsOf(mapping, context)
  return (fields, position, latestMs) => {
    const draft: Draft = candidateOf(NOTHING)
    for (const step of steps) {
      const stop = step(fields, draft, position)
      if (stop !== undefined) return stop
    }
    return checkEvent(draft, latestMs)
  }
}

const NOTHING = {}

function stepsOf(mapping: Mapping, { columns, zones }: MappingContext): readonly Step[] {
  const fieldOf = fieldReaders(mapping, columns)
  const steps: readonly (Step | undefined)[] = [
    objectStep(mapping),
    ...skipSteps(mapping, fieldOf),
    // First, because a record that nobody wants need not be complete.
    kindStep(mapping, fieldOf),
    userStep(mapping, fieldOf),
    timeStep(mapping, fieldOf, timeOf(mapping, zones)),
    ...TEXT_MEMBERS.map((member) => textStep(member, mapping[member], fieldOf)),
    quantityStep(mapping, fieldOf),
    currencyStep(mapping, fieldOf),
    linesStep(mapping, fieldOf),
    amountStep(mapping, fieldOf),
    attributesStep(mapping, fieldOf),
    idStep('orderId', mapping.orderId, fieldOf),
    idStep('eventId', mapping.eventId, fieldOf),
  ]
  return steps.filter((step) => step !== undefined)
}

function timeOf({ name, time }: Mapping, zones: MappingContext['zones']): TimeReader {
  const { format, zone = UTC.name } = time
  const table = zone === UTC.name ? UTC : zones?.[zone]
  if (table === undefined)
    fail('mapping-invalid', `${name}: time.zone: ${zone} is not a zone that is known here`)
  return (
    timeReader(format, table) ?? fail('mapping-invalid', `${name}: time.format: ${format} is not understood`)
  )
}
