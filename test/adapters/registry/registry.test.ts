import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { RegistryEncoders } from '../../../src/adapters/registry/encoders.ts'
import { systemClock } from '../../../src/adapters/system/clock.ts'
import type { Event } from '../../../src/domain/events/event.ts'
import { startRegistry, type RegistryServer } from '../../support/servers/registry.ts'

let server: RegistryServer | string = 'not started'

beforeAll(async () => {
  server = await startRegistry()
}, 120_000)
afterAll(async () => {
  if (typeof server !== 'string') await server.stop()
})
beforeEach((context) => {
  if (typeof server === 'string') context.skip(server)
})

const url = (): string => (server as RegistryServer).url
const encoders = (): RegistryEncoders => new RegistryEncoders({ url: url() }, systemClock)

const event = {
  eventId: 'e1',
  userId: 'ünïcode',
  eventTime: Date.UTC(2025, 0, 31),
  kind: 'order_completed',
  amountMinor: 2 ** 43 - 1,
  currency: 'EUR',
  orderId: 'o',
  lines: [{ product: 'p', quantity: 1, amountMinor: 5 }],
  attributes: { colour: 'red', size: 4.5, gift: true },
} as unknown as Event

test('events are written as another client of the registry reads them', async () => {
  const encode = await encoders().event('clicks')
  const read = (await new SchemaRegistry({ host: url() }).decode(encode(event))) as Record<string, unknown>
  const present = Object.fromEntries(Object.entries(read).filter(([, value]) => value !== null))
  expect(present).toMatchObject({ ...event, lines: [{ product: 'p', category: null, quantity: 1 }] })
})

test('the same schema keeps its id, also where two register it at once', async () => {
  const ids = await Promise.all(
    [1, 2].map(async () => (await encoders().event('again'))(event).readUInt32BE(1)),
  )
  expect(ids[0]).toBe(ids[1])
})

test('a subject with an incompatible version, or another level, is refused and says which', async () => {
  const other = new SchemaRegistry({ host: url() })
  const schema = {
    type: 'record',
    name: 'Event',
    namespace: 'segmentation',
    fields: [{ name: 'x', type: 'int' }],
  }
  const options = { subject: 'taken-value' }
  await other.register({ type: SchemaType.AVRO, schema: JSON.stringify(schema) }, options)
  await expect(encoders().event('taken')).rejects.toMatchObject({ code: 'schema-incompatible' })
  await fetch(`${url()}/config/taken-value`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ compatibility: 'FULL_TRANSITIVE' }),
  })
  await expect(encoders().event('taken')).rejects.toMatchObject({
    code: 'schema-incompatible',
    message: expect.stringContaining('taken-value') as string,
  })
})
