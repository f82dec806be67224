import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import avro from 'avsc'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { decodeEvent } from '../../../src/domain/events/decode-event.ts'
import { mappingSchema } from '../../../src/domain/events/mapping.ts'
import { eventSchema, orderLineSchema } from '../../../src/domain/events/schema.ts'

const SCHEMAS = resolve(import.meta.dirname, '../../../schemas')

interface AvroRecord {
  readonly fields: readonly { readonly name: string; readonly type: unknown; readonly default?: null }[]
}
const avroSchema = JSON.parse(readFileSync(resolve(SCHEMAS, 'event.avsc'), 'utf8')) as avro.Schema &
  AvroRecord
const avroEvent = avro.Type.forSchema(avroSchema)

const full = {
  eventId: 'e1',
  userId: 'ünïcode',
  eventTime: Date.UTC(2024, 0, 31),
  kind: 'order_completed',
  session: 's',
  product: 'p',
  category: 'a.b',
  brand: 'b',
  quantity: 2,
  amountMinor: 2 ** 43 - 1,
  currency: 'EUR',
  orderId: 'o',
  lines: [
    { product: 'p', category: 'a.b', quantity: 1, amountMinor: 5 },
    { product: 'q', quantity: 1, amountMinor: 0 },
  ],
  coupon: 'c',
  discountMinor: 1,
  channel: 'web',
  country: 'FR',
  promotion: 'x',
  campaign: 'y',
  attributes: { colour: 'red', size: 4.5, gift: true },
}
const sparse = { eventId: 'e2', userId: 'u', eventTime: Date.UTC(2024, 0, 31), kind: 'page_viewed' }

/** The published JSON Schemas are made from the schemas that are checked against; `vitest -u` writes them anew. */
test.each([
  ['event.schema.json', eventSchema],
  ['mapping.schema.json', mappingSchema],
])('%s is current', async (file, schema) => {
  const json = z.toJSONSchema(schema, { io: 'input' })
  await expect(`${JSON.stringify(json, undefined, 2)}\n`).toMatchFileSnapshot(resolve(SCHEMAS, file))
})

test('the Avro record has the fields of the event, in its order, and the same ones may be absent', () => {
  const shapeOf = (schema: z.ZodObject): [string, boolean][] =>
    Object.entries(schema.shape).map(([name, field]) => [
      name,
      (field as z.ZodType).safeParse(undefined).success,
    ])
  const fieldsOf = (record: AvroRecord): [string, boolean][] =>
    record.fields.map((f) => [f.name, f.default === null])
  expect(fieldsOf(avroSchema)).toEqual(shapeOf(eventSchema))
  const lines = avroSchema.fields.find((field) => field.name === 'lines')?.type as [
    string,
    { items: AvroRecord },
  ]
  expect(fieldsOf(lines[1].items)).toEqual(shapeOf(orderLineSchema))
})

/** Avro writes what is absent as null. */
function withoutNulls(value: object): Record<string, unknown> {
  const present = Object.entries(value).filter(([, member]) => member !== null)
  return Object.fromEntries(
    present.map(([k, v]) => [k, k === 'lines' ? (v as object[]).map(withoutNulls) : v]),
  )
}

test.each([
  ['with every field', full],
  ['with none that may be absent', sparse],
])('an event %s survives Avro', (_which, event) => {
  expect(decodeEvent(event, Number.MAX_SAFE_INTEGER).type).toBe('events')
  const back = withoutNulls(avroEvent.fromBuffer(avroEvent.toBuffer(event)) as object)
  expect(JSON.parse(JSON.stringify(back))).toEqual(event)
})
