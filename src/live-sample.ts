import { TopicSource } from './adapters/kafka/topic-source.ts'
import { RegistryClient } from './adapters/registry/client.ts'
import { RegistrySchemas } from './adapters/registry/schemas.ts'
import { systemClock } from './adapters/system/clock.ts'
import { avroParser } from './app/avro.ts'
import { withKnownSchemas } from './app/known-schemas.ts'
import type { WriterSchemas } from './ports/schemas.ts'
import type { RawRecord, RecordSource } from './ports/source.ts'
import type { Topic } from './ports/types.ts'
import { kafkaAccess } from './live-access.ts'
import type { LiveConfig } from './live-config.ts'
import { partitionsOf } from './live.ts'

/** Records of a topic, from the beginning of each partition. */
export interface TopicSample {
  readonly records: readonly RawRecord[]
  /** Set where they are Avro in Confluent's framing. */
  readonly schemas: WriterSchemas | undefined
}

const BYTES = 16 * 1024 * 1024

/** Reads up to `most` records of a topic; it belongs to no group and changes nothing. Rejects with `config-invalid` or `unreachable`. */
export async function sampleTopic(config: LiveConfig, topic: Topic, most: number): Promise<TopicSample> {
  const access = kafkaAccess(config)
  const partitions = await partitionsOf(access, [topic])
  const { schemaRegistry } = config
  const schemas =
    schemaRegistry && new RegistrySchemas(new RegistryClient(schemaRegistry, systemClock), systemClock)
  const plain = new TopicSource(access, [topic])
  const source = schemas === undefined ? plain : withKnownSchemas(plain, [topic], schemas)
  const records: RawRecord[] = []
  try {
    for (let p = 0; p < partitions; p++)
      records.push(...(await firstOf(source, p, topic, Math.ceil(most / partitions))))
  } finally {
    await source.close()
  }
  return { records, schemas: schemas !== undefined && areAvro(records, schemas) ? schemas : undefined }
}

async function firstOf(source: RecordSource, p: number, topic: Topic, most: number): Promise<RawRecord[]> {
  const { start = 0, end = 0 } = (await source.bounds(p))[topic] ?? {}
  const records: RawRecord[] = []
  for (let from = start; from < end && records.length < most;) {
    const chunk = await source.poll(p, { [topic]: from }, { records: most - records.length, bytes: BYTES }, 0)
    const some = chunk.records[topic] ?? []
    records.push(...some.map(own))
    const last = some.at(-1)
    if (last === undefined) break
    from = last.offset + 1
  }
  return records
}

/** A record that outlives the next poll. */
function own(record: RawRecord): RawRecord {
  const bytes = record.bytes.slice(record.from, record.to)
  return { ...record, bytes, from: 0, to: bytes.length, keyFrom: -1, keyTo: -1 }
}

/** More than half of them are read by a schema that they name. */
function areAvro(records: readonly RawRecord[], schemas: WriterSchemas): boolean {
  const framed = records.filter(({ bytes, from, to }) => to - from > 5 && bytes[from] === 0)
  const parse = avroParser(schemas, { tombstones: true })
  return framed.length > records.length / 2 && typeof parse(framed[0] as RawRecord) === 'object'
}
