import avro from 'avsc'
import { expect, test } from 'vitest'
import type { FoundSchema } from '../../../src/adapters/registry/client.ts'
import { MISSING_WAIT_MS, RegistrySchemas } from '../../../src/adapters/registry/schemas.ts'
import { MINUTE_MS, SECOND_MS } from '../../../src/domain/base/duration.ts'
import { SegmentationError } from '../../../src/errors.ts'
import { Malformed } from '../../../src/ports/schemas.ts'

const ONE = 1
const int = avro.Type.forSchema('int')
const text = avro.Type.forSchema('string')
const away = new SegmentationError('unreachable', 'the registry is away')

/** A registry by hand, with its clock. */
function stage() {
  let now = 0
  let asked: number[] = []
  const holds = new Map<number, FoundSchema | SegmentationError>()
  const client = {
    find: async (id: number) => {
      asked.push(id)
      const found = holds.get(id)
      if (found instanceof SegmentationError) throw found
      return found
    },
  }
  const clock = { now: () => now, elapsed: () => now, sleep: async () => {} }
  const schemas = new RegistrySchemas(client, clock)
  return {
    schemas,
    holds,
    pass: (ms: number) => (now += ms),
    /** Ids asked for since the last look. */
    asked: () => {
      const some = asked
      asked = []
      return some
    },
    learn: (...ids: number[]) =>
      schemas.learn(new Set(ids)).then(
        () => 'decided',
        (error: SegmentationError) => error.code,
      ),
  }
}
const read = (schemas: RegistrySchemas, id = ONE): unknown => schemas.reader(id)?.(Uint8Array.from([2]), 0, 1)

test('an id is asked for once, however many ask at once or later, and is then read without waiting', async () => {
  const { schemas, holds, learn, asked } = stage()
  holds.set(ONE, int)
  expect(await Promise.all([learn(ONE), learn(ONE), learn(ONE)])).toEqual(['decided', 'decided', 'decided'])
  expect(await learn(ONE)).toBe('decided')
  expect(asked()).toEqual([ONE])
  expect(read(schemas)).toBe(1)
  expect(schemas.reader(ONE)).toBe(schemas.reader(ONE))
})

test('a registry that is away decides nothing, however long', async () => {
  const { schemas, holds, learn, pass } = stage()
  holds.set(ONE, away)
  for (let i = 0; i < 10; i++) {
    expect(await learn(ONE)).toBe('unreachable')
    pass(MISSING_WAIT_MS)
  }
  holds.set(ONE, int)
  expect(await learn(ONE)).toBe('decided')
  expect(read(schemas)).toBe(1)
})

test.each([
  [0, 'schema-missing'],
  [MISSING_WAIT_MS - 1, 'schema-missing'],
  [MISSING_WAIT_MS, 'decided'],
])('a schema that is missing for %i ms: %s', async (ms, expected) => {
  const { schemas, learn, pass } = stage()
  expect(await learn(ONE)).toBe('schema-missing')
  pass(ms)
  expect(await learn(ONE)).toBe(expected)
  expect(schemas.reader(ONE)).toBeUndefined()
})

test('time in which the registry was away does not decide by itself: it must say so again', async () => {
  const { holds, learn, pass } = stage()
  await learn(ONE)
  holds.set(ONE, away)
  pass(MISSING_WAIT_MS)
  expect(await learn(ONE)).toBe('unreachable')
  holds.delete(ONE)
  expect(await learn(ONE)).toBe('decided')
})

test('a schema that comes late is read from then on', async () => {
  const { schemas, holds, learn, pass, asked } = stage()
  await learn(ONE)
  pass(MISSING_WAIT_MS)
  expect(await learn(ONE)).toBe('decided')
  holds.set(ONE, int)
  asked()
  expect(await learn(ONE)).toBe('decided')
  expect(asked()).toEqual([])
  pass(10 * SECOND_MS)
  expect(await learn(ONE)).toBe('decided')
  expect(read(schemas)).toBe(1)
})

test('one missing schema does not keep the others from being known', async () => {
  const { schemas, holds, learn } = stage()
  for (let id = 2; id < 30; id++) holds.set(id, int)
  expect(await learn(...Array.from({ length: 29 }, (_, i) => 29 - i))).toBe('schema-missing')
  expect(read(schemas, 2)).toBe(1)
})

test('many missing schemas are waited for together, and keep no other from being known', async () => {
  const { schemas, holds, learn, pass } = stage()
  const ids = Array.from({ length: 30 }, (_, id) => id)
  holds.set(29, int)
  expect(await learn(...ids)).toBe('schema-missing')
  expect(read(schemas, 29)).toBe(1)
  pass(MISSING_WAIT_MS)
  expect(await learn(...ids)).toBe('decided')
})

test('a registry that is away is not asked for one id after the other', async () => {
  const { holds, learn, asked } = stage()
  const ids = Array.from({ length: 30 }, (_, id) => id)
  ids.forEach((id) => holds.set(id, away))
  expect(await learn(...ids)).toBe('unreachable')
  expect(asked()).toHaveLength(8)
})

test('schema-differs: an id that has come to mean something else is noticed while it is used', async () => {
  const { schemas, holds, learn, pass, asked } = stage()
  holds.set(ONE, int)
  await learn(ONE)
  pass(5 * MINUTE_MS)
  await learn(ONE)
  expect(await learn(ONE)).toBe('decided')
  expect(asked()).toEqual([ONE, ONE])
  holds.set(ONE, text)
  pass(5 * MINUTE_MS)
  await learn(ONE)
  expect(await learn(ONE)).toBe('schema-differs')
  expect(read(schemas)).toBe(1)
})

test('a registry that is away, or has forgotten a known id, changes nothing for it', async () => {
  const { holds, learn, pass } = stage()
  holds.set(ONE, int)
  await learn(ONE)
  for (const then of [away, undefined]) {
    if (then === undefined) holds.delete(ONE)
    else holds.set(ONE, then)
    pass(5 * MINUTE_MS)
    expect([await learn(ONE), await learn(ONE)]).toEqual(['decided', 'decided'])
  }
})

test('a fingerprint tells what a schema means, not how it is written; what reads nothing has none', async () => {
  const { schemas, holds, learn } = stage()
  const record = (doc: string): avro.Type =>
    avro.Type.forSchema({ type: 'record', name: 'R', doc, fields: [{ name: 'x', type: 'int' }] })
  const found = [record('one'), record('another'), int, 'is not an Avro schema']
  found.forEach((schema, id) => holds.set(id, schema))
  await learn(0, 1, 2, 3)
  const [one, another, other, none] = [0, 1, 2, 3].map((id) => schemas.fingerprint(id))
  expect(one).toBe(another)
  expect(one).not.toBe(other)
  expect([none, schemas.fingerprint(9)]).toEqual([undefined, undefined])
})

test('what is no Avro schema reads nothing, and says so', async () => {
  const { schemas, holds, learn } = stage()
  holds.set(ONE, 'is not an Avro schema')
  expect(await learn(ONE)).toBe('decided')
  expect(read(schemas)).toEqual(new Malformed('the schema is not an Avro schema'))
})
