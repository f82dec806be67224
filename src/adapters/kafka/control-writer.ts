import { SECOND_MS } from '../../domain/base/duration.ts'
import { newKafka, type KafkaAccess } from './client.ts'
import { kafkaFailure } from './failure.ts'
import { controlTopic } from './topics.ts'

const TRANSACTION_TIMEOUT_MS = 30 * SECOND_MS
const ACKS_ALL = -1

/**
 * Writes one command, as text, to every partition of the control topic in one transaction: every task hears of it, or none.
 * Rejects with a coded error; then it may have been written or not, and may be sent again under the same command id only
 * after looking.
 */
export async function sendCommand(access: KafkaAccess, app: string, text: string): Promise<number> {
  const kafka = newKafka(access)
  const admin = kafka.admin()
  const producer = kafka.producer({
    transactionalId: `${app}.control-writer`,
    idempotent: true,
    maxInFlightRequests: 1,
    transactionTimeout: TRANSACTION_TIMEOUT_MS,
  })
  const topic = controlTopic(app)
  try {
    await admin.connect()
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    const partitions = topics[0]?.partitions.map((p) => p.partitionId) ?? []
    await producer.connect()
    const transaction = await producer.transaction()
    try {
      const messages = partitions.map((partition) => ({ partition, value: text }))
      await transaction.send({ topic, acks: ACKS_ALL, messages })
      await transaction.commit()
    } catch (error) {
      await transaction.abort().catch(() => undefined)
      throw error
    }
    return partitions.length
  } catch (error) {
    throw kafkaFailure(error, `write to ${topic}`)
  } finally {
    await producer.disconnect().catch(() => undefined)
    await admin.disconnect().catch(() => undefined)
  }
}
