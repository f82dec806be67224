import { beforeEach, describe, expect, test } from 'vitest'
import { KnownCoordinators, type Coordinator } from '../../../src/adapters/kafka/known-coordinators.ts'

const cluster = {}
const TRANSACTION = { groupId: 'app.0', coordinatorType: 1 }
const fine = (): unknown => ({})
const moved = (): never => {
  throw new Error('NOT_COORDINATOR')
}

let known: KnownCoordinators
/** Where the coordinator is now; each look-up is counted. */
let now: Coordinator
let looks: number

beforeEach(() => {
  known = new KnownCoordinators()
  now = { isConnected: () => true }
  looks = 0
})

const find = (of: Parameters<KnownCoordinators['find']>[1] = TRANSACTION, at: object = cluster) =>
  known.find(at, of, () => {
    looks++
    return Promise.resolve(now)
  })
const ask = (broker: unknown, answer = fine, transactionalId = 'app.0') =>
  known.asked(broker as Coordinator, { transactionalId }, answer)

describe('the coordinator of a transaction', () => {
  test('is believed once it has answered, and not before', async () => {
    expect([await find(), await find()]).toEqual([now, now])
    expect(looks).toBe(2)
    await ask(now)
    expect(await find()).toBe(now)
    expect(looks).toBe(2)
  })

  test('that has moved is found where it is, and believed there from its first answer on', async () => {
    const before = now
    await ask(await find())
    now = { isConnected: () => true }
    await expect(ask(before, moved)).rejects.toThrow('NOT_COORDINATOR')
    expect(await find()).toBe(now)
    expect(await find()).toBe(now)
    await ask(now)
    expect(await find()).toBe(now)
    expect(looks).toBe(3)
  })

  test('that is not connected any more is looked up anew', async () => {
    let connected = true
    now = { isConnected: () => connected }
    await ask(await find())
    connected = false
    now = { isConnected: () => true }
    expect(await find()).toBe(now)
  })

  test('is that of one id, of one cluster, and never that of a group', async () => {
    await ask(await find())
    looks = 0
    await find({ ...TRANSACTION, groupId: 'app.1' })
    await find(TRANSACTION, {})
    await find({ groupId: 'app.0', coordinatorType: 0 })
    await find({ groupId: 'app.0' })
    expect(looks).toBe(4)
    expect(await find()).toBe(now)
    expect(looks).toBe(4)
  })

  test('an error for one id leaves the others where they are', async () => {
    await ask(await find())
    const other = { ...TRANSACTION, groupId: 'app.1' }
    await ask(await find(other), fine, 'app.1')
    looks = 0
    await expect(ask(now, moved, 'app.1')).rejects.toThrow()
    await find()
    expect(looks).toBe(0)
    await find(other)
    expect(looks).toBe(1)
  })
})
