import { expect, test } from 'vitest'
import { keyed } from '../../src/app/keyed.ts'
import { murmur2 } from '../../src/domain/base/hash.ts'
import type { Decoded } from '../../src/domain/events/event.ts'
import type { RawRecord } from '../../src/ports/source.ts'
import { event } from '../domain/profile/support.ts'

const PARTITIONS = 4
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const home = murmur2(bytes('u1')) % PARTITIONS

function record(key: string | null): RawRecord {
  const all = bytes(key ?? '')
  const none = key === null
  return {
    offset: 0,
    time: 0,
    bytes: all,
    from: all.length,
    to: all.length,
    keyFrom: none ? -1 : 0,
    keyTo: none ? -1 : all.length,
  }
}

const decoded: Decoded = {
  type: 'events',
  events: [event({ eventTime: 1, kind: 'page_viewed', userId: 'u1' })],
}
const verdict = (key: string | null, task: number): string => {
  const found = keyed(() => decoded, task, PARTITIONS)(record(key), 0)
  return found.type === 'refused' ? found.reason : found.type
}

test.each([
  ['its user’s key on its user’s partition', 'u1', home, 'events'],
  ['no key', null, home, 'key-mismatch'],
  ['its user’s key on another partition', 'u1', (home + 1) % PARTITIONS, 'key-mismatch'],
  ['another user’s key on that one’s partition', 'u2', murmur2(bytes('u2')) % PARTITIONS, 'key-mismatch'],
])('%s', (_what, key, task, expected) => {
  expect(verdict(key, task)).toBe(expected)
})

test('what was refused or skipped before stays as it is', () => {
  const skipped: Decoded = { type: 'skipped', reason: 'test' }
  expect(keyed(() => skipped, 0, PARTITIONS)(record(null), 0)).toBe(skipped)
})

test('the message names no user', () => {
  const found = keyed(() => decoded, home, PARTITIONS)(record('u2-secret'), 0)
  expect(JSON.stringify(found)).not.toContain('secret')
})

test('a user id that begins like a byte order mark is compared as it is', () => {
  const userId = '\ufeffu'
  const one: Decoded = { type: 'events', events: [event({ eventTime: 1, kind: 'page_viewed', userId })] }
  const task = murmur2(bytes(userId)) % PARTITIONS
  expect(keyed(() => one, task, PARTITIONS)(record(userId), 0)).toBe(one)
})
