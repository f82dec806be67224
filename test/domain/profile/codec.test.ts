import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UTC } from '../../../src/domain/base/zone.ts'
import { compilePlan } from '../../../src/domain/features/plan.ts'
import { parseFeatureSet } from '../../../src/domain/features/feature-set.ts'
import { MAX_INTEGER_BYTES } from '../../../src/domain/features/bound.ts'
import { ByteReader, ByteWriter, checksum } from '../../../src/domain/profile/bytes.ts'
import { CODEC_VERSION, Profiles } from '../../../src/domain/profile/profiles.ts'
import { SegmentationError } from '../../../src/errors.ts'
import { event, seedPlan } from './support.ts'

const LIMIT = Number.MAX_SAFE_INTEGER
const edges = [0, 1, 63, 64, 127, 128, 2 ** 29, 2 ** 30 - 1, 2 ** 30, 2 ** 32, 2 ** 47, LIMIT]
const T = Date.UTC(2024, 4, 1)

function reader(out: ByteWriter): ByteReader {
  const bytes = out.copy()
  return new ByteReader(bytes, bytes.length)
}

describe('integers as bytes', () => {
  it.each([...edges, ...edges.map((v) => 0 - v)])('%d comes back, in few bytes', (value) => {
    const out = new ByteWriter()
    out.int(value)
    if (value >= 0) out.uint(value)
    expect(out.length).toBeLessThanOrEqual(2 * MAX_INTEGER_BYTES)
    const from = reader(out)
    expect(from.int()).toBe(value)
    if (value >= 0) expect(from.uint()).toBe(value)
    expect(from.done).toBe(true)
  })

  it('any integer, hash and float32 comes back', () => {
    fc.assert(
      fc.property(
        fc.maxSafeInteger(),
        fc.integer({ min: 0, max: 2 ** 52 - 1 }),
        fc.float({ noNaN: true }),
        (n, hash, f) => {
          const out = new ByteWriter()
          out.int(n)
          out.hash(hash)
          out.float32(f)
          out.uint32(hash % 2 ** 32)
          const from = reader(out)
          expect([from.int(), from.hash(), from.float32(), from.uint32()]).toEqual([
            n,
            hash,
            f,
            hash % 2 ** 32,
          ])
        },
      ),
    )
  })

  it.each([0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('%d is not written', (value) => {
    expect(() => new ByteWriter().uint(value)).toThrow(/whole numbers/)
    expect(() => new ByteWriter().int(value)).toThrow(/whole numbers/)
  })
})

const book = fc.record({
  asOf: fc.integer({ min: T, max: T + 10 ** 10 }),
  due: fc.option(fc.integer({ min: 0, max: 2 ** 45 })),
  stamp: fc.integer({ min: -1, max: 10 ** 9 }),
  deployment: fc.integer({ min: -1, max: 300 }),
  visits: fc.array(
    fc.tuple(fc.integer({ min: 1, max: 90 }), fc.double({ min: -1e6, max: 1e6, noNaN: true })),
    { maxLength: 150 },
  ),
})

describe('stored profiles', () => {
  it('everything comes back, and the bytes again', () => {
    fc.assert(
      fc.property(book, (b) => {
        const p = new Profiles(seedPlan)
        const slot = p.open('somebody')
        p.fold(slot, event({ eventTime: T - 5, kind: 'order_completed', amountMinor: -7, category: 'a.b' }))
        p.setAsOf(slot, b.asOf)
        p.setDue(slot, b.due ?? Number.POSITIVE_INFINITY)
        p.setStamp(slot, b.stamp)
        p.setDeployment(slot, b.deployment)
        b.visits.forEach(([code, x], i) => p.enter(slot, code, T + i, new Float64Array(7).fill(x)))
        const bytes = p.save(slot)
        const q = new Profiles(seedPlan)
        q.open('another')
        const again = q.load('somebody', bytes)
        expect(q.save(again)).toEqual(bytes)
        const facts = (from: Profiles, s: number): unknown[] => {
          const before = new Float64Array(7)
          from.before(s, before)
          const times = Array.from({ length: 91 }, (_, code) => from.timesIn(s, code))
          const numbers = [from.asOf(s), from.due(s), from.stamp(s), from.deployment(s), from.events(s)]
          return [numbers, from.segment(s), from.since(s), from.sequence(s), from.user(s), before, times]
        }
        expect(facts(q, again)).toEqual(facts(p, slot))
        expect(new TextDecoder('latin1').decode(bytes)).not.toContain('somebody')
      }),
    )
  })

  it('a typical profile of the seed set is small', () => {
    const p = new Profiles(seedPlan)
    const slot = p.open('u')
    for (let i = 0; i < 300; i++) {
      const kind = i % 9 === 0 ? 'order_completed' : 'product_viewed'
      p.fold(slot, event({ eventTime: T + i * 1e7, kind, amountMinor: 4999, category: `c${i % 4}` }))
    }
    p.setStamp(slot, 100_000)
    p.setDue(slot, p.asOf(slot) + 80_000_000)
    p.setDeployment(slot, 0)
    p.enter(slot, 3, T, new Float64Array(7).fill(1.5))
    expect(p.save(slot).length).toBeLessThanOrEqual(190)
  })

  const p = new Profiles(seedPlan)
  p.fold(p.open('u'), event({ eventTime: T, kind: 'product_viewed', category: 'toys' }))
  const sound = p.save(p.find('u'))
  /** Bytes with another content and the checksum that belongs to it. */
  const resealed = (change: (bytes: Uint8Array) => void): Uint8Array => {
    const bytes = sound.slice()
    change(bytes)
    const view = new DataView(bytes.buffer)
    view.setUint32(bytes.length - 4, checksum(view, bytes.length - 4), true)
    return bytes
  }

  it.each<readonly [string, () => Uint8Array, RegExp]>([
    [
      'another codec',
      () => resealed((b) => (b[0] = CODEC_VERSION + 1)),
      new RegExp(`codec version ${CODEC_VERSION + 1}, this version reads ${CODEC_VERSION}`),
    ],
    ['other features', () => resealed((b) => (b[1] = (b[1] as number) ^ 1)), /written for other features/],
    ['nothing', () => new Uint8Array(0), /damaged/],
    ['a part', () => sound.subarray(0, sound.length - 1), /damaged/],
    ['a byte more', () => Uint8Array.of(...sound, 0), /damaged/],
  ])('%s is refused, and leaves nobody behind', (_, bytes, message) => {
    const q = new Profiles(seedPlan)
    expect(() => q.load('secret-user', bytes())).toThrow(message)
    expect(q.find('secret-user')).toBe(-1)
    expect(q.size).toBe(0)
    try {
      q.load('secret-user', bytes())
    } catch (error) {
      expect(error).toBeInstanceOf(SegmentationError)
      expect((error as SegmentationError).code).toBe('state-version')
      expect(String(error)).not.toContain('secret-user')
    }
  })

  it('any flipped bit is noticed', () => {
    for (let bit = 0; bit < 8 * sound.length; bit++) {
      const bytes = sound.slice()
      bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7))
      expect(() => new Profiles(seedPlan).load('u', bytes)).toThrow(SegmentationError)
    }
  })

  it('bytes of the right checksum and a wrong form never get in half', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(1000), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 5 }),
        (changes) => {
          const q = new Profiles(seedPlan)
          const bytes = resealed((b) =>
            changes.forEach(([at, value]) => (b[5 + (at % (b.length - 9))] = value)),
          )
          try {
            const slot = q.load('u', bytes)
            expect(q.save(slot).length).toBeGreaterThan(8)
          } catch (error) {
            expect(error).toBeInstanceOf(SegmentationError)
            expect(q.size).toBe(0)
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  it('loading replaces what is in memory', () => {
    const q = new Profiles(seedPlan)
    q.fold(q.open('u'), event({ eventTime: T + 9, kind: 'order_completed' }))
    const slot = q.load('u', sound)
    expect(q.size).toBe(1)
    expect(q.save(slot)).toEqual(sound)
  })

  it('never take more than the bound, even when every bucket is in use', () => {
    const on = ['product_viewed']
    const set = parseFeatureSet(
      {
        name: 's',
        version: 1,
        zone: 'UTC',
        features: [
          { name: 'n', aggregate: 'count', on, window: '30d' },
          { name: 's', aggregate: 'sum', of: 'amount', on, window: '15d' },
          { name: 'd', aggregate: 'distinct', of: 'product', on, window: '1d', keep: 16 },
        ],
      },
      's',
    )
    const plan = compilePlan(set, UTC)
    const q = new Profiles(plan)
    const slot = q.open('u')
    for (let i = 0; i < 4000; i++) {
      q.fold(
        slot,
        event({
          eventTime: T + i * 1_000_003,
          kind: 'product_viewed',
          product: `p${i}`,
          amountMinor: 2 ** 43 - 1,
        }),
      )
    }
    for (let i = 0; i < 100; i++) q.enter(slot, i, T, new Float64Array(3).fill(i))
    const bytes = q.save(slot)
    expect(bytes.length).toBeLessThanOrEqual(plan.maxBytes)
    expect(bytes.length).toBeGreaterThan(plan.maxBytes / 5)
  })
})
