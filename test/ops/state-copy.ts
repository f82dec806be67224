import { quietClient } from '../support/servers/redis.ts'
import { redisKey } from '../../src/adapters/redis/keys.ts'

/** All that the state says of users, as a text: profiles, due times and memberships of each task, whoever owns it. */
export async function usersInState(port: number, app: string, partitions: number): Promise<string> {
  const client = quietClient(port)
  const found: unknown[] = []
  for (let p = 0; p < partitions; p++) {
    for (const name of ['profiles', 'members']) {
      const fields = Object.entries(await client.hgetallBuffer(redisKey(app, p, name)))
      found.push(fields.map(([user, bytes]) => `${user} ${bytes.toString('base64')}`).sort())
    }
    found.push(await client.zrange(redisKey(app, p, 'dues'), 0, '-1', 'WITHSCORES'))
  }
  client.disconnect()
  return JSON.stringify(found)
}
