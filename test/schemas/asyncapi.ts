import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import { controlTopic, topicNames } from '../../src/adapters/kafka/topics.ts'
import { CATALOGUE } from '../../src/domain/events/kinds.ts'
import { bundleSchema } from '../../src/domain/segments/bundle.ts'
import { commandSchema } from '../../src/domain/segments/command.ts'

export const SCHEMAS = resolve(import.meta.dirname, '../../schemas')

type Json = Readonly<Record<string, unknown>>

interface AvroField {
  readonly name: string
  readonly type: unknown
  readonly doc?: string
}
interface AvroRecord {
  readonly name: string
  readonly doc?: string
  readonly fields: readonly AvroField[]
}

const avroFile = (name: string): AvroRecord =>
  JSON.parse(readFileSync(resolve(SCHEMAS, name), 'utf8')) as AvroRecord

/** The JSON that stands for an Avro record in topics of JSON: times as ISO 8601 texts, every member there. */
function jsonOfAvro({ doc, fields }: AvroRecord): Json {
  return {
    type: 'object',
    ...(doc === undefined ? {} : { description: doc }),
    properties: Object.fromEntries(
      fields.map(({ name, type, doc: what }) => [
        name,
        { ...jsonType(type), ...(what === undefined ? {} : { description: what }) },
      ]),
    ),
    required: fields.map(({ name }) => name),
    additionalProperties: false,
  }
}

function jsonType(type: unknown): Json {
  if (Array.isArray(type)) return { anyOf: (type as unknown[]).map(jsonType) }
  if (typeof type === 'string') return { type: JSON_TYPES[type] ?? type }
  const { type: base, logicalType, items } = type as { type: string; logicalType?: string; items?: unknown }
  if (logicalType === 'timestamp-millis') return { type: 'string', format: 'date-time' }
  if (base === 'array') return { type: 'array', items: jsonType(items) }
  return base === 'record' ? jsonOfAvro(type as AvroRecord) : jsonType(base)
}

const JSON_TYPES: Readonly<Record<string, string>> = {
  int: 'integer',
  long: 'integer',
  double: 'number',
  float: 'number',
}

/** `promote` carries a whole bundle, which has a schema of its own. */
function commandJson(): Json {
  return z.toJSONSchema(commandSchema, {
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      if ((zodSchema as unknown) !== bundleSchema) return
      for (const key of Object.keys(jsonSchema)) delete jsonSchema[key as keyof typeof jsonSchema]
      jsonSchema.$ref = './bundle.schema.json'
    },
  })
}

const AVRO = 'application/vnd.apache.avro+json;version=1.9.0'
const avro = (file: string): Json => ({ schemaFormat: AVRO, schema: { $ref: `./${file}` } })

const message = (name: string, title: string, payload: unknown, more: Json = {}): Json => ({
  name,
  title,
  contentType: 'application/json',
  ...more,
  payload,
})

const userKey = { bindings: { kafka: { key: { type: 'string', description: 'The user id.' } } } }

const segmentKey = { bindings: { kafka: { key: { type: 'string', description: 'The segment’s key.' } } } }

function messages(): Json {
  const kinds = Object.entries(CATALOGUE).map(([kind, { about }]) => `- \`${kind}\`: ${about}`)
  const binary = { contentType: 'avro/binary' }
  return {
    event: message(
      'event',
      'One fact about a user',
      { $ref: './event.schema.json' },
      {
        ...userKey,
        description: kinds.join('\n'),
      },
    ),
    eventAvro: message('eventAvro', 'The same in Avro', avro('event.avsc'), { ...userKey, ...binary }),
    command: message('command', 'A command to every task', commandJson()),
    segmentChanged: message(
      'segmentChanged',
      'One user moved',
      jsonOfAvro(avroFile('segment-changed.avsc')),
      {
        ...userKey,
        headers: {
          type: 'object',
          properties: { ce_id: { type: 'string' }, ce_type: { const: 'segment.changed.v1' } },
        },
      },
    ),
    segmentChangedAvro: message('segmentChangedAvro', 'The same in Avro', avro('segment-changed.avsc'), {
      ...userKey,
      ...binary,
    }),
    userSegment: message(
      'userSegment',
      'Where one user is now',
      jsonOfAvro(avroFile('user-segments.avsc')),
      userKey,
    ),
    userSegmentAvro: message('userSegmentAvro', 'The same in Avro', avro('user-segments.avsc'), {
      ...userKey,
      ...binary,
    }),
    segment: message(
      'segment',
      'What readers may know of a segment',
      jsonOfAvro(avroFile('segment-catalog.avsc')),
      {
        ...segmentKey,
      },
    ),
    segmentAvro: message('segmentAvro', 'The same in Avro', avro('segment-catalog.avsc'), {
      ...segmentKey,
      ...binary,
    }),
    deadLetter: message(
      'deadLetter',
      'A record that could not be read, untouched',
      {
        description:
          'The bytes as they came; the headers `__connect.errors.*` (KIP-298) say why and where from.',
      },
      { contentType: 'application/octet-stream' },
    ),
    // Its members are the consumer's own affair, and grow with it.
    journalLine: message('journalLine', 'What one revision did', {
      type: 'object',
      properties: { rev: { type: 'integer', minimum: 1 } },
      required: ['rev'],
    }),
  }
}

interface Channel {
  readonly address: string | null
  readonly description: string
  readonly messages: readonly string[]
  readonly action: 'send' | 'receive'
}

const APP = '{app}'
const names = topicNames(APP)

const CHANNELS: Readonly<Record<string, Channel>> = {
  events: {
    address: null,
    description:
      'An input topic, whatever its name, keyed by user; other forms of records are read through a mapping.',
    messages: ['event', 'eventAvro'],
    action: 'receive',
  },
  control: {
    address: controlTopic(APP),
    description: 'Commands, written to every partition.',
    messages: ['command'],
    action: 'receive',
  },
  segmentChanged: {
    address: names['segment-changed'],
    description: 'Every move of every user, with its evidence.',
    messages: ['segmentChanged', 'segmentChangedAvro'],
    action: 'send',
  },
  userSegments: {
    address: names['user-segments'],
    description: 'Compacted: the newest record of a user says where he is now.',
    messages: ['userSegment', 'userSegmentAvro'],
    action: 'send',
  },
  segmentCatalog: {
    address: names['segment-catalog'],
    description:
      'Compacted: names, texts, colours and lineage of the segments, whenever a command changes them.',
    messages: ['segment', 'segmentAvro'],
    action: 'send',
  },
  deadLetter: {
    address: names['dead-letter'],
    description: 'What could not be read.',
    messages: ['deadLetter'],
    action: 'send',
  },
  journal: {
    address: names.journal,
    description: 'One line per revision: with it the past is computed again, bit for bit.',
    messages: ['journalLine'],
    action: 'send',
  },
}

/** The topics of a run as an AsyncAPI 3 document, seen from the consumer. */
export function asyncApi(): Json {
  const entries = Object.entries(CHANNELS)
  const ref = (name: string): Json => ({ $ref: `#/components/messages/${name}` })
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Segmentation',
      version: '1',
      description:
        'Events of a shop in, segments of its users out. Read with isolation level read_committed.',
    },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(
      entries.map(([name, { address, description, messages: of }]) => [
        name,
        {
          address,
          description,
          ...(address === null
            ? {}
            : { parameters: { app: { default: 'segmentation', description: 'The run’s name.' } } }),
          messages: Object.fromEntries(of.map((one) => [one, ref(one)])),
        },
      ]),
    ),
    operations: Object.fromEntries(
      entries.map(([name, { action, messages: of }]) => [
        `${action}${name[0]?.toUpperCase()}${name.slice(1)}`,
        {
          action,
          channel: { $ref: `#/channels/${name}` },
          messages: of.map((one) => ({ $ref: `#/channels/${name}/messages/${one}` })),
        },
      ]),
    ),
    components: { messages: messages() },
  }
}
