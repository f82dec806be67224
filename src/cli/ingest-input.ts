import type { FileSource } from '../adapters/files/file-source.ts'
import { zoneTable } from '../adapters/system/zone.ts'
import { makeDecoder } from '../app/decode.ts'
import type { IngestInput } from '../app/ingest.ts'
import type { Mapping } from '../domain/events/mapping.ts'

/** Instead of a mapping: records in the form that events have on disk. */
const NATIVE_FORMAT = 'ndjson'

/** A file as an input of `ingest`: what its records are by the mapping, native events without one. */
export async function recordsOf(
  source: FileSource,
  path: string,
  mapping: Mapping | undefined,
): Promise<IngestInput> {
  const format = mapping?.format ?? NATIVE_FORMAT
  const columns = format === 'csv' ? await source.columns(path) : undefined
  const zone = mapping?.time.zone
  const zones = zone === undefined ? {} : { [zone]: zoneTable(zone) }
  const decode = makeDecoder({ format, mapping, columns, zones, joins: true })
  return { topic: path, source, decode, lineOf: (offset) => source.lineOf(path, offset) }
}
