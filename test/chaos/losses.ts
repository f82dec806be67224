import type { Redis } from 'ioredis'
import type { RedisAccess } from '../../src/adapters/redis/client.ts'
import { quietClient } from '../support/servers/redis.ts'

/** Puts a copy back. */
export type PutBack = () => Promise<void>

/** What a Redis, or each node of a Cluster, does behind everybody's back. */
export class Losses {
  readonly #nodes: readonly Redis[]

  constructor(access: RedisAccess) {
    this.#nodes = access.nodes.map(({ port }) => quietClient(port))
  }

  /** A copy of all that is stored, as a replica or a backup that lags keeps it. */
  async copy(): Promise<PutBack> {
    const copies = await Promise.all(this.#nodes.map(async (node) => [node, await copyOf(node)] as const))
    return async () => {
      for (const [node, dumps] of copies) await putBack(node, dumps)
    }
  }

  async flushAll(): Promise<void> {
    for (const node of this.#nodes) await node.flushall()
  }

  close(): void {
    for (const node of this.#nodes) node.disconnect()
  }
}

/** Once more where a key came or went meanwhile: what is copied is of one moment. */
async function copyOf(node: Redis): Promise<Map<string, Buffer>> {
  for (;;) {
    const keys = await node.keys('*')
    const dumps = await dumpsOf(node, keys)
    const after = new Set(await node.keys('*'))
    if (keys.length === after.size && keys.every((key) => after.has(key))) return dumps
  }
}

async function dumpsOf(node: Redis, all: readonly string[]): Promise<Map<string, Buffer>> {
  const dumps = new Map<string, Buffer>()
  for (const keys of tagged(all).values()) {
    const copy = node.multi()
    for (const key of keys) copy.dumpBuffer(key)
    const found = (await copy.exec()) ?? []
    keys.forEach((key, i) => {
      const dump = found[i]?.[1]
      if (Buffer.isBuffer(dump)) dumps.set(key, dump)
    })
  }
  return dumps
}

/** The keys of each task at once: what is put back is of one moment. */
async function putBack(node: Redis, dumps: ReadonlyMap<string, Buffer>): Promise<void> {
  for (const keys of tagged([...(await node.keys('*')), ...dumps.keys()]).values()) {
    const back = node.multi().del(...keys)
    for (const key of keys) {
      const dump = dumps.get(key)
      if (dump) back.restore(key, 0, dump)
    }
    await back.exec()
  }
}

/** Keys by their hash tag. */
function tagged(keys: readonly string[]): Map<string, string[]> {
  const tags = new Map<string, string[]>()
  for (const key of new Set(keys)) {
    const tag = /\{(.*?)\}/.exec(key)?.[1] ?? key
    tags.set(tag, [...(tags.get(tag) ?? []), key])
  }
  return tags
}
