import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import type { StoredRecord } from '../../../src/adapters/kafka/reader.ts'
import { topicNames } from '../../../src/adapters/kafka/topics.ts'
import { taskOf } from '../../../src/adapters/redis/keys.ts'
import { DEAD_LETTER_BYTES, DEAD_LETTER_HEAD_BYTES } from '../../../src/domain/events/dead-letter.ts'
import type { RefusalReason } from '../../../src/domain/events/event.ts'
import { Fleet } from '../../chaos/fleet.ts'
import { settings } from '../../chaos/set-up.ts'
import { APP } from '../../chaos/shop.ts'
import { EXACT } from '../../chaos/verdict.ts'
import type { Place } from './place.ts'

const PARTITIONS = 3
const MIB = 1024 * 1024
const USER = 'poisoner'
const HOME = taskOf(USER, PARTITIONS)
const ELSEWHERE = (HOME + 1) % PARTITIONS

interface Poison {
  readonly what: string
  readonly reason: RefusalReason
  readonly value: Buffer | null
  readonly key: string | Buffer | null
  readonly partition: number
}

const poison = (
  what: string,
  reason: RefusalReason,
  value: Buffer | null,
  key: Poison['key'] = USER,
  partition = HOME,
): Poison => ({ what, reason, value, key, partition })

const event = (eventTime = Date.UTC(2025, 0, 2)): Buffer =>
  Buffer.from(JSON.stringify({ eventId: 'p', userId: USER, eventTime, kind: 'page_viewed' }))

/** What cannot be read, or must not be; all of it lies before the good records. */
const ROWS: readonly Poison[] = [
  poison('an empty value', 'not-json', Buffer.alloc(0)),
  poison('a tombstone', 'not-json', null),
  poison('one byte', 'not-json', Buffer.from([0])),
  poison('bytes that are no text', 'not-utf8', Buffer.from([0x7b, 0xff, 0xfe, 0x7d])),
  poison('a truncated event', 'not-json', event().subarray(0, 40)),
  poison('bytes behind the event', 'not-json', Buffer.concat([event(), Buffer.from('}')])),
  poison('a date of 2099', 'future', event(Date.UTC(2099, 0, 1))),
  poison('a key of four zero bytes', 'key-mismatch', event(), Buffer.alloc(4)),
  poison('no key', 'key-mismatch', event(), null),
  poison('the key of another partition', 'key-mismatch', event(), USER, ELSEWHERE),
  poison('a value of 10 MB', 'too-large', Buffer.alloc(10 * MIB, 0x20)),
]

const setting = settings({ users: 200, days: 20 })

test(
  'records that cannot be read become dead letters, their bytes untouched, and the good ones are none the worse',
  { timeout: 240_000 },
  async (context) => {
    const offsets = new Map<Poison, string | undefined>()
    const { stage, onEnd } = await setting.open(context, {
      partitions: PARTITIONS,
      inputConfig: { 'max.message.bytes': String(12 * MIB) },
      before: async (here) => {
        for (const row of ROWS) offsets.set(row, await send(here, row))
      },
    })
    const fleet = new Fleet()
    onEnd(() => fleet.kill())
    fleet.start('a', { config: stage.config('a'), rate: 1e6 })
    await stage.caughtUp(ROWS.length)
    expect(await fleet.end()).toEqual([0])

    const { seen: _, ...verdict } = await stage.verdict()
    expect(verdict).toMatchObject({ ...EXACT, agreed: true })
    expect(stage.deadLetters()).toBe(ROWS.length + stage.fed.broken)
    const topic = topicNames(APP)['dead-letter']
    const letters: StoredRecord[] = []
    for (let p = 0; p < PARTITIONS; p++) letters.push(...(await stage.here.committed(topic, p)))
    for (const row of ROWS)
      expect
        .soft(
          letters.filter((letter) => isOf(letter, row, offsets.get(row))).length,
          `dead letters of ${row.what}`,
        )
        .toBe(1)
  },
)

async function send(here: Place, { key, value, partition }: Poison): Promise<string | undefined> {
  const producer = here.kafka().producer()
  await producer.connect()
  const [sent] = await producer.send({ topic: 'clicks', messages: [{ key, value, partition }] })
  await producer.disconnect()
  return sent?.baseOffset
}

/** Is this the dead letter of that record: its place, reason, key and bytes, or their head, size and hash? */
function isOf({ key, value, headers }: StoredRecord, row: Poison, offset: string | undefined): boolean {
  const header = (name: string): string | undefined => headers?.[name]?.toString()
  const bytes = row.value ?? Buffer.alloc(0)
  const cut = bytes.length > DEAD_LETTER_BYTES
  const head = cut ? bytes.subarray(0, DEAD_LETTER_HEAD_BYTES) : row.value
  const wanted = row.key === null ? null : Buffer.from(row.key)
  return (
    header('__connect.errors.topic') === 'clicks' &&
    header('__connect.errors.partition') === String(row.partition) &&
    header('__connect.errors.offset') === offset &&
    header('__connect.errors.exception.class.name') === row.reason &&
    same(key, wanted) &&
    same(value, head) &&
    (!cut || header('segmentation.size') === String(bytes.length)) &&
    (!cut || header('segmentation.sha256') === createHash('sha256').update(bytes).digest('hex'))
  )
}

/** None is not the same as empty. */
const same = (a: Buffer | null, b: Buffer | null): boolean =>
  a === null || b === null ? a === b : a.equals(b)
