import { utf8ToBytes } from '@noble/hashes/utils.js'
import { murmur2 } from '../../domain/base/hash.ts'
import type { Task } from '../../ports/types.ts'

/** The form of the keys below, told to readers in `{app}:meta`; another form gets another number. */
export const KEY_SCHEME = 1

/**
 * Makes every key. Those of one task share a hash tag, so that they lie on one node of a Cluster and one script may touch them
 * all; those of the app alone have the app's tag.
 *
 *     {app:p}:head          hash: owner's token, revision, chain, progress, sizes, head and bundles as JSON
 *     {app:p}:profiles      hash: user → encoded profile
 *     {app:p}:dues          sorted set: user by due time, Unix milliseconds; without those who are never due
 *     {app:p}:members       hash: user → membership, JSON
 *     {app:p}:segments      set: the segments that have a member index
 *     {app:p}:in:<segment>  sorted set: its members, all with score 0, so in the order of their bytes
 *     {app}:meta            hash: partitions, partitioner and scheme
 *
 * The names never change, not even where a state is begun anew, so that a shop reads a visitor's segment with one HGET.
 */
export function redisKey(app: string, p: Task | undefined, name: string): string {
  return p === undefined ? `{${app}}:${name}` : `{${app}:${p}}:${name}`
}

/** The keys of a task that scripts want, in the order in which they want them. */
export function taskKeys(app: string, p: Task): readonly [head: string, ...rest: string[]] {
  const key = (name: string): string => redisKey(app, p, name)
  return [key('head'), key('profiles'), key('dues'), key('members'), key('segments')]
}

export const indexKey = (app: string, p: Task, segment: string): string => redisKey(app, p, `in:${segment}`)

/** The task that a user belongs to: Kafka's own partitioner over his id. */
export const taskOf = (user: string, partitions: number): Task => murmur2(utf8ToBytes(user)) % partitions
