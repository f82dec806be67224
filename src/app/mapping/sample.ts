import { parseExactJson } from '../../domain/events/exact-json.ts'
import { splitCsv } from '../../domain/events/csv.ts'
import { fail } from '../../errors.ts'
import type { RawRecord } from '../../ports/source.ts'
import { textReader } from '../record-text.ts'
import { csvTable, jsonTable, type Table } from './columns.ts'
import type { Dialect } from './dialect.ts'
import { guessTime } from './times.ts'

/** What was looked at of an input. */
export interface Sample {
  readonly table: Table
  /** Rows of a change stream stand in it. */
  readonly envelope: 'debezium' | undefined
}

type Form = Pick<Dialect, 'format' | 'encoding' | 'delimiter' | 'header'>

/** Takes records apart as a mapping would; those that cannot be are left to the check. */
export function sampleOf(records: readonly RawRecord[], form: Form): Sample {
  const textOf = textReader(form.encoding)
  const texts = records.map(textOf).filter((text) => typeof text === 'string')
  const { header, delimiter = ',' } = form
  if (header !== undefined) {
    const rows = texts.map((text) => splitCsv(text, delimiter))
    const whole = rows.filter(
      (row): row is string[] => typeof row !== 'string' && row.length === header.length,
    )
    return { table: csvTable(header, whole), envelope: undefined }
  }
  return objectsOf(texts.flatMap((text) => tryJson(text) ?? []))
}

/** The same of objects that were read otherwise, by Avro. */
export function objectsOf(objects: readonly unknown[]): Sample {
  const changes = objects.map((object) =>
    isTable(object) && isTable(object['payload']) ? object['payload'] : object,
  )
  const isChange =
    changes.length > 0 &&
    changes.every((change) => isTable(change) && 'op' in change && ('after' in change || 'before' in change))
  const rows = isChange
    ? changes.flatMap((change) => (isTable(change) && isTable(change['after']) ? [change['after']] : []))
    : objects
  const table = jsonTable(rows)
  refuseNested(table)
  return { table, envelope: isChange ? 'debezium' : undefined }
}

/** A list of things that each have a time are records of their own, which no mapping takes apart. */
function refuseNested({ lists }: Table): void {
  for (const { name, columns } of lists) {
    const time = columns.find((column) => (guessTime(column, undefined)?.share ?? 0) > 0.9)
    if (time === undefined) continue
    fail(
      'check-failed',
      `✗ each record holds a list "${name}" of events with a time each ("${time.name}"); a mapping makes one event of a record. ` +
        `Write a line for each first, with what stands beside the list, such as by jq -c '(del(.${name})) + .${name}[]'`,
    )
  }
}

function tryJson(text: string): readonly unknown[] | undefined {
  try {
    return [parseExactJson(text)]
  } catch {
    return undefined
  }
}

const isTable = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
