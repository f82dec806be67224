import { openCluster, type KafkaAccess } from '../../src/adapters/kafka/client.ts'
import { topicNames } from '../../src/adapters/kafka/topics.ts'
import type { Task } from '../../src/ports/types.ts'
import { APP } from './shop.ts'

const GROUP = 0
const TRANSACTION = 1

/** What a broker can be to a task. */
export type Role =
  | 'leader of its moves'
  | 'leader of its journal'
  | 'transaction coordinator'
  | 'group coordinator'

/** The id of the broker that has a role for a task now. */
export async function brokerOf(role: Role, access: KafkaAccess, task: Task): Promise<number> {
  const cluster = await openCluster(access)
  const leaderOf = async (topic: string): Promise<number> => {
    await cluster.addTargetTopic(topic)
    const partition = cluster.findTopicPartitionMetadata(topic).find((p) => p.partitionId === task)
    return partition?.leader ?? -1
  }
  const coordinatorOf = async (groupId: string, coordinatorType: number): Promise<number> => {
    // the types know groups alone
    const broker: unknown = await cluster.findGroupCoordinator({ groupId, coordinatorType } as {
      groupId: string
    })
    return Number((broker as { nodeId: string | number }).nodeId)
  }
  const find: Readonly<Record<Role, () => Promise<number>>> = {
    'leader of its moves': () => leaderOf(topicNames(APP)['segment-changed']),
    'leader of its journal': () => leaderOf(topicNames(APP).journal),
    'transaction coordinator': () => coordinatorOf(`${APP}.${task}`, TRANSACTION),
    'group coordinator': () => coordinatorOf(APP, GROUP),
  }
  try {
    return await find[role]()
  } finally {
    await cluster.disconnect()
  }
}
