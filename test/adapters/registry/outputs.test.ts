import { readFileSync } from 'node:fs'
import avro from 'avsc'
import { expect, test } from 'vitest'
import { framed } from '../../../src/adapters/registry/encoders.ts'
import { membershipPayload, transitionPayload } from '../../../src/domain/segments/payload.ts'
import { membership, transition } from '../../support/revisions.ts'

interface AvroField {
  readonly name: string
  readonly type: unknown
  readonly default?: unknown
}
const schemaOf = (name: string): avro.Schema & { readonly fields: readonly AvroField[] } =>
  JSON.parse(
    readFileSync(new URL(`../../../schemas/${name}.avsc`, import.meta.url), 'utf8'),
  ) as avro.Schema & {
    readonly fields: readonly AvroField[]
  }
const ms = (time: number): number => time

const reasons = [
  { feature: 'f', label: 'F', unit: null, before: null, now: 2.5, pull: 0.5, text: 'f' },
  { feature: 'g', label: 'G', unit: 'day', before: 1, now: 0, pull: -0.1, text: 'g' },
]
const full = transition(3, {
  reasons,
  fromSince: 1,
  fromName: 'A',
  distanceFrom: 1.5,
  margin: 0.25,
  sourceOffset: 9,
})
const bare = transition(1, {
  from: null,
  fromName: null,
  fromSince: null,
  to: null,
  toName: null,
  reasons: [],
})

test.each<[string, string, object]>([
  ['a move', 'segment-changed', transitionPayload(full, 'shop', ms)],
  ['a move without what can be missing', 'segment-changed', transitionPayload(bare, 'shop', ms)],
  ['a membership', 'user-segments', membershipPayload(membership('u', 'loyal'), ms)],
])(
  '%s in Avro has the fields of the JSON payload, in their order, and their values',
  (_what, name, payload) => {
    const schema = schemaOf(name)
    expect(schema.fields.map((field) => field.name)).toEqual(Object.keys(payload))
    const type = avro.Type.forSchema(schema, { wrapUnions: 'never' })
    const bytes = framed<object>(type, 258)(payload)
    expect([...bytes.subarray(0, 5)]).toEqual([0, 0, 0, 1, 2])
    expect(JSON.parse(JSON.stringify(type.fromBuffer(bytes.subarray(5))))).toEqual(payload)
  },
)

test.each([
  ['segment-changed', ['id', 'userId', 'sequence', 'occurredAt']],
  ['user-segments', ['userId']],
  ['event', ['eventId', 'userId', 'eventTime', 'kind']],
])(
  '%s: only what a record is nothing without has no default, so that the rest may come and go',
  (name, fixed) => {
    const without = schemaOf(name).fields.filter((field) => field.default === undefined)
    expect(without.map((field) => field.name)).toEqual(fixed)
  },
)

test('a value longer than the buffer that all share is written whole, and the next one after it', () => {
  const type = avro.Type.forSchema('string')
  const encode = framed<string>(type, 1)
  for (const length of [4090, 4091, 4092, 100_000, 3]) {
    expect(type.fromBuffer(encode('x'.repeat(length)).subarray(5))).toHaveLength(length)
  }
})

test('what was written stays as it is when the next value is written', () => {
  const type = avro.Type.forSchema('string')
  const encode = framed<string>(type, 1)
  const written = ['one', 'two'].map(encode)
  expect(written.map((bytes) => type.fromBuffer(bytes.subarray(5)) as string)).toEqual(['one', 'two'])
})
