import { fail } from '../../errors.ts'
import type { RedisConnection } from './client.ts'
import { KEY_SCHEME, redisKey } from './keys.ts'

/** What everybody must know to find a user's keys. */
export interface Meta {
  readonly partitions: number
}

const PARTITIONER = 'murmur2'

/** The layout of an app's keys, or undefined where it never ran. Rejects with `state-version` what another version wrote. */
export async function readMeta(redis: RedisConnection, app: string): Promise<Meta | undefined> {
  const key = redisKey(app, undefined, 'meta')
  const [partitions, scheme, partitioner] = await redis.call((client) =>
    client.hmget(key, 'partitions', 'scheme', 'partitioner'),
  )
  if (typeof partitions !== 'string') return undefined
  if (scheme !== String(KEY_SCHEME) || partitioner !== PARTITIONER) {
    fail('state-version', `${key} at ${redis.place}: key scheme ${scheme}, this version reads ${KEY_SCHEME}`)
  }
  return { partitions: Number(partitions) }
}

/** Fixes the layout where there is none. Rejects with `config-invalid` where users lie in another number of tasks. */
export async function settleMeta(redis: RedisConnection, app: string, partitions: number): Promise<void> {
  const key = redisKey(app, undefined, 'meta')
  await redis.call(async (client) => {
    await client.hsetnx(key, 'scheme', KEY_SCHEME)
    await client.hsetnx(key, 'partitioner', PARTITIONER)
    await client.hsetnx(key, 'partitions', partitions)
  })
  const meta = await readMeta(redis, app)
  if (meta?.partitions !== partitions) {
    fail(
      'config-invalid',
      `${key} at ${redis.place}: the state is laid out in ${meta?.partitions} partitions, the inputs have ${partitions}`,
    )
  }
}
