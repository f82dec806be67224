import { Cluster } from 'ioredis'
import type { RedisConnection } from './client.ts'

/** The memory of one server that holds the state. */
export interface NodeMemory {
  /** `host:port`. */
  readonly node: string
  readonly usedBytes: number
  /** undefined: no bound. */
  readonly maxBytes: number | undefined
}

/** Asks each master for its memory (INFO). Rejects with `unreachable` where one of them does not answer. */
export function redisMemory(redis: RedisConnection): Promise<NodeMemory[]> {
  return redis.call(async (client) => {
    const nodes = client instanceof Cluster ? client.nodes('master') : [client]
    return Promise.all(
      nodes.map(async (node) => {
        const info = await node.info('memory')
        const of = (name: string): number => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0)
        const { host = '', port = 0 } = node.options
        const maxBytes = of('maxmemory')
        return {
          node: `${host}:${port}`,
          usedBytes: of('used_memory'),
          maxBytes: maxBytes > 0 ? maxBytes : undefined,
        }
      }),
    )
  })
}
