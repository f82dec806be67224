import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { RegistryClient } from '../../../src/adapters/registry/client.ts'
import { RegistryEncoders } from '../../../src/adapters/registry/encoders.ts'
import { MISSING_WAIT_MS, RegistrySchemas } from '../../../src/adapters/registry/schemas.ts'
import { systemClock } from '../../../src/adapters/system/clock.ts'
import { MINUTE_MS } from '../../../src/domain/base/duration.ts'
import type { Event } from '../../../src/domain/events/event.ts'
import type { SegmentationError } from '../../../src/errors.ts'
import type { Clock } from '../../../src/ports/clock.ts'
import { openGate } from '../../support/gate.ts'
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

/** The machine's clock, with time that passes at once where a test says so. */
function clockAhead(): Clock & { ahead: number } {
  return {
    ahead: 0,
    now: () => systemClock.now(),
    elapsed() {
      return systemClock.elapsed() + this.ahead
    },
    sleep: (ms, signal) => systemClock.sleep(ms, signal),
  }
}

const learn = (schemas: RegistrySchemas, id: number): Promise<string> =>
  schemas.learn(new Set([id])).then(
    () => 'decided',
    (error: SegmentationError) => error.code,
  )

const shopOrder = {
  type: 'record',
  name: 'Order',
  namespace: 'shop',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'note', type: ['null', 'string'], default: null },
  ],
}

/** A record as a shop's own program writes it, by this very schema. */
async function written(subject: string, value: object): Promise<{ id: number; bytes: Buffer }> {
  const other = new SchemaRegistry({ host: url() })
  const { id } = await other.register(
    { type: SchemaType.AVRO, schema: JSON.stringify(shopOrder) },
    { subject },
  )
  return { id, bytes: await other.encode(id, value) }
}

test('what another client of the registry writes is read by the schema that it names', async () => {
  const { id, bytes } = await written('orders-value', { id: 7, at: 1000, note: null })
  const schemas = new RegistrySchemas(new RegistryClient({ url: url() }, systemClock), systemClock)
  expect(await learn(schemas, id)).toBe('decided')
  expect(schemas.reader(id)?.(bytes, 5, bytes.length)).toEqual({ id: 7, at: 1000 })
})

test('schemas that refer to others, by subject and version, are read', async () => {
  const other = new SchemaRegistry({ host: url() })
  const place = {
    type: 'record',
    name: 'Place',
    namespace: 'shop',
    fields: [{ name: 'city', type: 'string' }],
  }
  const visit = {
    type: 'record',
    name: 'Visit',
    namespace: 'shop',
    fields: [{ name: 'at', type: 'shop.Place' }],
  }
  await other.register({ type: SchemaType.AVRO, schema: JSON.stringify(place) }, { subject: 'place' })
  const references = [{ name: 'shop.Place', subject: 'place', version: 1 }]
  const { id } = await other.register(
    { type: SchemaType.AVRO, schema: JSON.stringify(visit), references },
    { subject: 'visit' },
  )
  const schemas = new RegistrySchemas(new RegistryClient({ url: url() }, systemClock), systemClock)
  expect(await learn(schemas, id)).toBe('decided')
  expect(schemas.reader(id)?.(Buffer.from([6, ...Buffer.from('Rom')]), 0, 4)).toEqual({ at: { city: 'Rom' } })
})

test('an id that the registry does not have is decided once it was missing for the time it is waited for', async () => {
  const clock = clockAhead()
  const schemas = new RegistrySchemas(new RegistryClient({ url: url() }, clock), clock)
  expect(await learn(schemas, 987_654)).toBe('schema-missing')
  clock.ahead = MISSING_WAIT_MS
  expect(await learn(schemas, 987_654)).toBe('decided')
  expect(schemas.reader(987_654)).toBeUndefined()
})

test('a registry that hangs up or falls silent decides nothing; then it goes on; what is known needs it no more', async () => {
  const { id } = await written('outage-value', { id: 1, at: 1, note: 'x' })
  const gate = await openGate((server as RegistryServer).port)
  const clock = clockAhead()
  const brief: Clock = { ...clock, sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 200), signal) }
  const access = { url: url().replace(/:\d+/, `:${gate.port}`) }
  const schemas = new RegistrySchemas(new RegistryClient(access, brief), clock)
  for (const mode of ['refusing', 'silent'] as const) {
    gate.mode = mode
    expect(await learn(schemas, id)).toBe('unreachable')
    clock.ahead += MISSING_WAIT_MS
  }
  gate.mode = 'open'
  expect(await learn(schemas, id)).toBe('decided')
  gate.mode = 'refusing'
  clock.ahead += 10 * MINUTE_MS
  expect([await learn(schemas, id), await learn(schemas, id)]).toEqual(['decided', 'decided'])
  expect(schemas.reader(id)).toBeTypeOf('function')
  await gate.stop()
})

test(
  'a registry that was set up anew and deals out its ids again is noticed',
  { timeout: 120_000 },
  async (context) => {
    const { restart } = server as RegistryServer
    if (restart === undefined) context.skip('the registry is not ours to restart')
    const { id } = await written('anew-value', { id: 1, at: 1, note: 'x' })
    const clock = clockAhead()
    const schemas = new RegistrySchemas(new RegistryClient({ url: url() }, clock), clock)
    expect(await learn(schemas, id)).toBe('decided')
    await restart?.()
    const other = new SchemaRegistry({ host: url() })
    for (let next = 0, n = 0; next < id; n++) {
      const schema = {
        type: 'record',
        name: `Other${n}`,
        namespace: 'shop',
        fields: [{ name: 'x', type: 'int' }],
      }
      const registered = await other.register(
        { type: SchemaType.AVRO, schema: JSON.stringify(schema) },
        { subject: `other-${n}` },
      )
      next = registered.id
    }
    clock.ahead = 10 * MINUTE_MS
    await learn(schemas, id)
    await expect.poll(() => learn(schemas, id), { timeout: 10_000 }).toBe('schema-differs')
  },
)
