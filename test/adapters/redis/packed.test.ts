import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Packed } from '../../../src/adapters/redis/packed.ts'
import { quietClient, startRedis, type RedisServer } from '../../support/servers/redis.ts'

let server: RedisServer | string = 'not started'
beforeAll(async () => {
  server = await startRedis()
})
afterAll(async () => {
  if (typeof server !== 'string') await server.stop()
})

const bytes = (maxLength: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ maxLength }).map((b) => Buffer.from(b))
// sizes about the end of the short form and of the first buffer
const long = fc.integer({ min: 65_500, max: 65_560 }).map((size) => Buffer.alloc(size, size))
const item = fc.oneof(
  { weight: 8, arbitrary: fc.string({ unit: 'grapheme' }) },
  { weight: 8, arbitrary: bytes(300) },
  { weight: 1, arbitrary: long },
)

test('a packed list is what the server unpacks', { timeout: 60_000 }, async (context) => {
  if (typeof server === 'string') context.skip(server)
  const client = quietClient((server as RedisServer).access.nodes[0]?.port as number)
  const unpacked = async (list: readonly (string | Buffer)[]): Promise<unknown> => {
    const packed = new Packed()
    for (const one of list) {
      if (typeof one === 'string') packed.text(one)
      else packed.bytes(one)
    }
    return client.callBuffer('EVAL', 'return cmsgpack.unpack(ARGV[1])', 0, packed.done())
  }
  await fc.assert(
    fc.asyncProperty(fc.array(item, { maxLength: 200 }), async (list) => {
      expect(await unpacked(list)).toEqual(list.map((one) => Buffer.from(one as string)))
    }),
    { numRuns: 50 },
  )
  const [before, after] = ['before', 'after'].map((word) => Buffer.from(word))
  for (const size of [65_535, 65_536]) {
    const large = Buffer.alloc(size, 7)
    expect(await unpacked([before as Buffer, large, after as Buffer])).toEqual([before, large, after])
  }
  client.disconnect()
})
