import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { HOUR_MS, MINUTE_MS } from '../../../src/domain/base/duration.ts'
import { ALREADY, goesOn, occupy, runs, slotCode, SLOT_MS } from '../../../src/domain/profile/slots.ts'

function bitsOf(slots: readonly number[], lengthMs: number): number {
  const numbers = new Float64Array(1)
  for (const s of slots) {
    const before = numbers[0] as number
    const more = occupy(numbers, 0, slotCode(s * SLOT_MS, lengthMs - s * SLOT_MS))
    if (more === ALREADY) expect(numbers[0]).toBe(before)
    else expect(runs(numbers[0] as number)).toBe(runs(before) + more)
  }
  return numbers[0] as number
}

it('runs are counted as by walking over the slots, for days of 23 to 25 hours', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(45)), fc.constantFrom(23, 23.5, 24, 24.5, 25), (slots, hours) => {
      const own = new Set(slots)
      const expected = [...own].filter((s) => !own.has(s - 1)).length
      expect(runs(bitsOf(slots, hours * HOUR_MS))).toBe(expected)
    }),
  )
})

it('a union does not depend on order or doubles, and stays an integer below 2^53', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(49)), (slots) => {
      const one = bitsOf(slots, 25 * HOUR_MS)
      expect(bitsOf([...slots, ...slots].reverse(), 25 * HOUR_MS)).toBe(one)
      expect(Number.isSafeInteger(one)).toBe(true)
    }),
  )
})

it.each<readonly [string, number, number, boolean]>([
  ['the last half-hour of 24 hours', 24 * HOUR_MS, 47, true],
  ['the one before it', 24 * HOUR_MS, 46, false],
  ['the last of 23 hours', 23 * HOUR_MS, 45, true],
  ['the last of 25 hours', 25 * HOUR_MS, 49, true],
  [
    'the last quarter of an hour of a day that has no whole number of slots',
    24 * HOUR_MS + 15 * MINUTE_MS,
    48,
    true,
  ],
  ['the last of 27 hours, which is counted to the last bit', 27 * HOUR_MS, 53, true],
])('a run goes on into the next day from %s: %s', (_, lengthMs, slot, on) => {
  const bits = bitsOf([slot], lengthMs)
  expect(goesOn(bits, bitsOf([0], 24 * HOUR_MS))).toBe(on)
  expect(goesOn(bits, bitsOf([1], 24 * HOUR_MS))).toBe(false)
  expect(runs(bits)).toBe(1)
})
