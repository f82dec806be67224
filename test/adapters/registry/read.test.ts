import avro from 'avsc'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LOGICAL_TYPES } from '../../../src/adapters/registry/logical-types.ts'
import { compileReader } from '../../../src/adapters/registry/read.ts'
import { Malformed } from '../../../src/ports/schemas.ts'

const typeOf = (schema: unknown): avro.Type =>
  avro.Type.forSchema(schema as avro.Schema, { logicalTypes: LOGICAL_TYPES })
const read = (schema: unknown, bytes: readonly number[]): unknown =>
  compileReader(typeOf(schema))(Uint8Array.from(bytes), 0, bytes.length)
/** A whole number as Avro writes it. */
function long(value: bigint): number[] {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  return [...bytes, Number(rest)]
}
/** What is wrong with a value, or the value. */
const shown = (value: unknown): unknown => (value instanceof Malformed ? `✗ ${value.why}` : value)

const order = {
  type: 'record',
  name: 'Order',
  namespace: 'shop',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'total', type: 'double' },
    { name: 'weight', type: 'float' },
    { name: 'count', type: 'int' },
    { name: 'at', type: 'long' },
    { name: 'gift', type: 'boolean' },
    { name: 'state', type: { type: 'enum', name: 'State', symbols: ['OPEN', 'PAID', 'SENT'] } },
    { name: 'note', type: ['null', 'string'] },
    { name: 'tags', type: { type: 'array', items: 'string' } },
    { name: 'extra', type: { type: 'map', values: ['string', 'double', 'boolean'] } },
    { name: 'raw', type: 'bytes' },
    { name: 'hash', type: { type: 'fixed', name: 'Hash', size: 3 } },
    { name: 'parent', type: ['null', 'Order'] },
  ],
}
const orderType = avro.Type.forSchema(order as avro.Schema)
const bytesOf = (size?: number): fc.Arbitrary<Buffer> =>
  fc
    .uint8Array(size === undefined ? { maxLength: 9 } : { minLength: size, maxLength: size })
    .map((bytes) => Buffer.from(bytes))
const { value: anyOrder } = fc.letrec<{ value: Record<string, unknown> }>((tie) => ({
  value: fc.record({
    id: fc.string({ unit: 'grapheme' }),
    total: fc.double({ noNaN: true, noDefaultInfinity: true }),
    weight: fc.float({ noNaN: true, noDefaultInfinity: true }),
    count: fc.integer(),
    // the other implementation takes the very last ones for inexact
    at: fc.maxSafeInteger().map((n) => Math.trunc(n / 2) || 0),
    gift: fc.boolean(),
    state: fc.constantFrom('OPEN', 'PAID', 'SENT'),
    note: fc.option(fc.string()),
    tags: fc.array(fc.string()),
    extra: fc.dictionary(
      fc.string().filter((key) => key !== '__proto__'),
      fc.oneof(fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean()),
      { noNullPrototype: true },
    ),
    raw: bytesOf(),
    hash: bytesOf(3),
    parent: fc.option(tie('value'), { maxDepth: 2 }),
  }),
}))

/** What a value of `order` reads as. */
function plain({ note, raw, hash, parent, ...same }: Record<string, unknown>): Record<string, unknown> {
  const base64 = (bytes: unknown): string => (bytes as Buffer).toString('base64')
  return {
    ...same,
    ...(note === null ? {} : { note }),
    raw: base64(raw),
    hash: base64(hash),
    ...(parent === null ? {} : { parent: plain(parent as Record<string, unknown>) }),
  }
}

test('what another implementation writes is read as JSON would give it, wherever it lies in the bytes', () => {
  const reader = compileReader(typeOf(order))
  fc.assert(
    fc.property(anyOrder, fc.nat(9), (value, before) => {
      const written = orderType.toBuffer(value)
      const bytes = Buffer.concat([Buffer.alloc(before, 7), written, Buffer.alloc(3, 9)])
      expect(reader(bytes, before, before + written.length)).toEqual(plain(value))
    }),
  )
})

test('a value that is cut off, and one with more behind it, is none; no bytes are too strange', () => {
  const reader = compileReader(typeOf(order))
  fc.assert(
    fc.property(anyOrder, fc.nat(), (value, at) => {
      const written = orderType.toBuffer(value)
      expect(reader(written, 0, at % written.length)).toBeInstanceOf(Malformed)
      const more = Buffer.concat([written, Buffer.from([0])])
      expect(shown(reader(more, 0, more.length))).toBe('✗ 1 bytes follow the value')
    }),
  )
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void reader(bytes, 0, bytes.length)))
})

test.each<[string, unknown, number[], unknown]>([
  ['2^53 − 1', 'long', [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f], 2 ** 53 - 1],
  ['2^53: no longer exact', 'long', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20], '9007199254740992'],
  ['the least', 'long', [...Array<number>(9).fill(0xff), 0x01], '-9223372036854775808'],
  ['the largest', 'long', [0xfe, ...Array<number>(8).fill(0xff), 0x01], '9223372036854775807'],
  ['a long of ten bytes that is small', 'long', [0x82, ...Array<number>(8).fill(0x80), 0], 1],
  ['2^27: the first of five bytes', 'long', [0x80, 0x80, 0x80, 0x80, 0x01], 2 ** 27],
  ['−2^27', 'long', [0xff, 0xff, 0xff, 0x7f], -(2 ** 27)],
  ['−2^48: the last of seven bytes', 'long', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], -(2 ** 48)],
  ['a number without an end', 'long', Array<number>(12).fill(0x80), '✗ a number has too many bytes'],
  ['NaN', 'double', [0, 0, 0, 0, 0, 0, 0xf8, 0x7f], null],
  ['a text that is not UTF-8', 'string', [2, 0xff], '✗ a text is not UTF-8'],
  ['a text of negative size', 'string', [1], '✗ it ends too early'],
  ['no such branch', ['null', 'string'], [4], '✗ a union has no such branch'],
  ['a negative branch', ['null', 'string'], [1], '✗ a union has no such branch'],
  ['no such symbol', { type: 'enum', name: 'E', symbols: ['A'] }, [2], '✗ an enum has no such symbol'],
  ['a list in blocks, one with its size', { type: 'array', items: 'int' }, [2, 2, 3, 4, 4, 6, 0], [1, 2, 3]],
  ['a list longer than its bytes', { type: 'array', items: 'null' }, [200, 1, 0], '✗ it ends too early'],
  [
    'lists of nothing in many blocks, each within the bytes left',
    { type: 'array', items: 'null' },
    [...Array<number>(100).fill(80), ...Array<number>(60).fill(2), 0],
    '✗ it ends too early',
  ],
  ['nothing at all', 'int', [], '✗ it ends too early'],
])('%s', (_what, schema, bytes, expected) => {
  expect(shown(read(schema, bytes))).toEqual(expected)
})

test('every whole number of 64 bits is read, as a number where that is exact', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.nat(63), (n, shift) => {
      const value = n >> BigInt(shift)
      const found = read('long', long(value))
      expect(found).toBe(Number.isSafeInteger(Number(value)) ? Number(value) : value.toString())
    }),
  )
})

describe('logical types', () => {
  const of = (type: unknown, logicalType: string, more = {}): unknown =>
    typeof type === 'string' ? { type, logicalType, ...more } : { ...(type as object), logicalType, ...more }
  const fixed = { type: 'fixed', name: 'F', size: 2 }
  test.each<[string, unknown, number[], unknown]>([
    ['timestamp-millis', of('long', 'timestamp-millis'), [0xd0, 0x0f], 1000],
    ['timestamp-micros, down to the millisecond', of('long', 'timestamp-micros'), [0xcd, 0x0f], -1],
    [
      'timestamp-nanos beyond 2^53',
      of('long', 'timestamp-nanos'),
      long(1_711_396_800_000_999_999n),
      1_711_396_800_000,
    ],
    ['local-timestamp-millis', of('long', 'local-timestamp-millis'), [2], 1],
    ['date', of('int', 'date'), long(19_929n), '2024-07-25'],
    ['date before 1970', of('int', 'date'), [1], '1969-12-31'],
    ['decimal in bytes', of('bytes', 'decimal', { precision: 9, scale: 2 }), [4, 0x04, 0xd2], '12.34'],
    ['decimal below one', of('bytes', 'decimal', { precision: 9, scale: 3 }), [2, 0xff], '-0.001'],
    ['decimal without places', of('bytes', 'decimal', { precision: 9 }), [2, 5], '5'],
    ['decimal of no bytes', of('bytes', 'decimal', { precision: 9, scale: 2 }), [0], '0.00'],
    ['decimal in a fixed', of(fixed, 'decimal', { precision: 4, scale: 1 }), [0xff, 0xf6], '-1.0'],
    [
      'decimal of 256 bytes, the most',
      of('bytes', 'decimal', { precision: 9 }),
      [...long(256n), ...Array<number>(255).fill(0), 5],
      '5',
    ],
    [
      'decimal beyond that: a megabyte of it would take a minute',
      of('bytes', 'decimal', { precision: 9 }),
      [...long(257n), ...Array<number>(256).fill(0), 5],
      '✗ a decimal has more than 256 bytes',
    ],
    [
      'a decimal with an impossible scale is its bytes',
      of('bytes', 'decimal', { scale: -1 }),
      [2, 5],
      'BQ==',
    ],
    ['time-millis: the plain number', of('int', 'time-millis'), [2], 1],
    ['one that nobody knows', of('string', 'uuid'), [2, 0x61], 'a'],
    ['in a union', ['null', of('long', 'timestamp-millis')], [2, 2], 1],
  ])('%s', (_what, schema, bytes, expected) => {
    expect(shown(read(schema, bytes))).toEqual(expected)
  })
})

test('members that are not wanted are passed over, at every depth', () => {
  const reader = compileReader(typeOf(order), { id: true, parent: { count: true } })
  fc.assert(
    fc.property(anyOrder, anyOrder, (child, parent) => {
      const value = { ...child, parent: { ...parent, parent: null } }
      const written = orderType.toBuffer(value)
      expect(reader(written, 0, written.length)).toEqual({
        id: child['id'],
        parent: { count: parent['count'] },
      })
    }),
  )
})

test('a member named __proto__ is a member like any other', () => {
  const value = read({ type: 'map', values: 'int' }, [2, 18, ...Buffer.from('__proto__'), 2, 0]) as object
  expect(Object.entries(value)).toEqual([['__proto__', 1]])
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
})

test('records that follow each other are as many as they like', () => {
  const list = { type: 'array', items: { type: 'record', name: 'I', fields: [{ name: 'n', type: 'int' }] } }
  expect(read(list, [...long(1000n), ...Array<number>(1000).fill(2), 0])).toEqual(
    Array.from({ length: 1000 }, () => ({ n: 1 })),
  )
})

test('records within records within records end somewhere', () => {
  const list = { type: 'record', name: 'L', fields: [{ name: 'next', type: ['null', 'L'] }] }
  expect(shown(read(list, [...Array<number>(63).fill(2), 0]))).toBeTypeOf('object')
  expect(shown(read(list, Array<number>(500_000).fill(2)))).toBe('✗ it is more than 64 records deep')
})
