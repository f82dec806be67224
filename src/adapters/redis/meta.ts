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
  return parseMeta(await redis.call((client) => client.hmget(key, ...FIELDS)), `${key} at ${redis.place}`)
}

const FIELDS = ['partitions', 'scheme', 'partitioner'] as const

function parseMeta([partitions, scheme, partitioner]: readonly unknown[], place: string): Meta | undefined {
  if (typeof partitions !== 'string') return undefined
  if (scheme !== String(KEY_SCHEME) || partitioner !== PARTITIONER) {
    fail('state-version', `${place}: key scheme ${String(scheme)}, this version reads ${KEY_SCHEME}`)
  }
  return { partitions: Number(partitions) }
}

/**
 * Fixes the layout where there is none, in one step: a state that is lost meanwhile leaves no half of it. Rejects with
 * `config-invalid` where users lie in another number of tasks.
 */
export async function settleMeta(redis: RedisConnection, app: string, partitions: number): Promise<void> {
  const key = redisKey(app, undefined, 'meta')
  const found = await redis.script('segmentationMeta', [key], [partitions, KEY_SCHEME, PARTITIONER])
  const meta = parseMeta(found, `${key} at ${redis.place}`)
  if (meta?.partitions !== partitions) {
    fail(
      'config-invalid',
      `${key} at ${redis.place}: the state is laid out in ${meta?.partitions} partitions, the inputs have ${partitions}`,
    )
  }
}
