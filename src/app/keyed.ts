import { murmur2 } from '../domain/base/hash.ts'
import { refused } from '../domain/events/refusal.ts'
import type { Task } from '../ports/types.ts'
import type { Decoder } from './decode.ts'

/**
 * A task holds the users whose key hashes to its partition, so a record must come under its user's id and on its user's
 * partition: otherwise two tasks would each hold half of him. Refuses others as `key-mismatch`.
 */
export function keyed(decode: Decoder, task: Task, partitions: number): Decoder {
  const text = new TextDecoder('utf-8', { ignoreBOM: true })
  return (record, latestMs) => {
    const decoded = decode(record, latestMs)
    if (decoded.type !== 'events') return decoded
    if (record.keyFrom < 0) return refused('key-mismatch', 'the record has no key; expected its user id')
    const key = record.bytes.subarray(record.keyFrom, record.keyTo)
    const partition = murmur2(key) % partitions
    if (partition !== task) {
      return refused(
        'key-mismatch',
        `the key belongs on partition ${partition} of ${partitions} (murmur2), it came on ${task}`,
      )
    }
    const user = text.decode(key)
    for (const event of decoded.events) {
      if (event.userId !== user) return refused('key-mismatch', 'the key is not the user id of the event')
    }
    return decoded
  }
}
