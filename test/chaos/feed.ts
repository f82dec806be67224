import type { Message, Producer, TopicMessages } from 'kafkajs'
import { taskOf } from '../../src/adapters/redis/keys.ts'
import type { Event } from '../../src/domain/events/event.ts'
import type { Place } from '../adapters/kafka/place.ts'
import { isOrder } from './shop.ts'

/** Records of one transaction. */
const TRANSACTION = 500
/** Every so many-th transaction is aborted. */
const ABORTED_EVERY = 4
/** Before every so many-th record, where nobody says otherwise, there is one that cannot be read. */
const BROKEN_EVERY = 997

export interface Fed {
  readonly records: number
  readonly broken: number
  readonly aborted: number
}

/**
 * Writes the events to the topics `clicks` and `orders` in their order, each by a transactional producer; between and across its
 * transactions another one writes events of the same users and aborts them.
 */
export async function feed(
  here: Place,
  events: readonly Event[],
  partitions: number,
  brokenEvery = BROKEN_EVERY,
): Promise<Fed> {
  const total = { records: 0, broken: 0, aborted: 0 }
  for (const topic of ['clicks', 'orders']) {
    const writer = await here.transactional(`feed-${topic}`)
    const aborter = await here.transactional(`abort-${topic}`)
    const some = events.filter((event) => isOrder(event) === (topic === 'orders'))
    for (let i = 0, n = 1; i < some.length; i += TRANSACTION, n++) {
      const slice = some.slice(i, i + TRANSACTION)
      const messages = slice.flatMap((event, j) => {
        const own = messageOf(event, partitions)
        return (i + j) % brokenEvery === brokenEvery - 1 ? [{ ...own, value: 'broken' }, own] : [own]
      })
      total.records += messages.length
      total.broken += messages.length - slice.length
      const undone = slice.slice(0, 50).map((event) => ({ ...event, eventId: `undone-${event.eventId}` }))
      const aborts = n % ABORTED_EVERY === 0
      if (aborts) total.aborted += undone.length
      const doomed = undone.map((event) => messageOf(event, partitions))
      await write(writer, { topic, messages }, aborts ? { by: aborter, messages: doomed } : undefined)
    }
    await writer.disconnect()
    await aborter.disconnect()
  }
  return total
}

const messageOf = (event: Event, partitions: number): Message => ({
  key: event.userId,
  value: JSON.stringify(event),
  partition: taskOf(event.userId, partitions),
})

/** One transaction; another that began before it is aborted after it. */
async function write(
  writer: Producer,
  { topic, messages }: TopicMessages,
  doomed: { readonly by: Producer; readonly messages: Message[] } | undefined,
): Promise<void> {
  const around = await doomed?.by.transaction()
  await around?.send({ topic, messages: doomed?.messages ?? [] })
  const transaction = await writer.transaction()
  await transaction.send({ topic, messages })
  await transaction.commit()
  await around?.abort()
}
