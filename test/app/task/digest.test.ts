import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { RunningDigest } from '../../../src/app/task/digest.ts'
import type { RawRecord } from '../../../src/ports/source.ts'

const bytes = new TextEncoder().encode('key1{"userId":"u1","eventTime":1}')
const base: RawRecord = {
  offset: 3,
  time: 1_700_000_000_000,
  bytes,
  keyFrom: 0,
  keyTo: 4,
  from: 4,
  to: bytes.length,
}
const of = (...records: RawRecord[]): string => {
  const digest = new RunningDigest()
  for (const r of records) digest.add(r)
  return digest.hex
}
const flipped = (at: number): Uint8Array => bytes.map((b, i) => (i === at ? b ^ 1 : b))

test.each<[string, Partial<RawRecord>]>([
  ['offset', { offset: 4 }],
  ['time', { time: 1_700_000_000_001 }],
  ['no time', { time: Number.NaN }],
  ['no key', { keyFrom: -1, keyTo: -1 }],
  ['key', { bytes: flipped(1) }],
  ['length', { to: bytes.length - 1 }],
  ['first byte of the value', { bytes: flipped(4) }],
  ['last byte of a short value', { bytes: flipped(bytes.length - 1) }],
  ['whole size of a cut value', { cut: { size: 9_000_000, sha256: '' } }],
])('another %s is another digest', (_name, change) => {
  expect(of({ ...base, ...change })).not.toBe(of(base))
})

test('order and number of records count', () => {
  const next = { ...base, offset: 4 }
  expect(new Set([of(base), of(next), of(base, next), of(next, base), of(base, base), of()]).size).toBe(6)
})

test('where a record lies in its bytes does not count', () => {
  const moved = new Uint8Array(bytes.length + 10)
  moved.set(bytes, 10)
  const shifted = { keyFrom: 10, keyTo: 14, from: 14, to: bytes.length + 10 }
  expect(of({ ...base, bytes: moved, ...shifted })).toBe(of(base))
})

test('it goes on from its text wherever it is cut', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1e9), { maxLength: 20 }), fc.nat(20), (offsets, at) => {
      const records = offsets.map((offset) => ({ ...base, offset }))
      const first = of(...records.slice(0, at))
      expect(first).toMatch(/^[0-9a-f]{16}$/)
      const rest = new RunningDigest(first)
      for (const r of records.slice(at)) rest.add(r)
      expect(rest.hex).toBe(of(...records))
    }),
  )
})
