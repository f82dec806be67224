// What a checkpoint costs in Redis: Node's CPU, the server's CPU and the length of its scripts, beside a bare pipeline of HSETs.
// Run after `npm run build`; wants redis-server on the PATH.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { openRedis } from '../../dist/adapters/redis/client.js'
import { RedisStore } from '../../dist/adapters/redis/store.js'

const PROFILES = 10_000
const ROUNDS = Number(process.env.ROUNDS ?? 15)
const START_MS = Date.UTC(2025, 0, 1)
const APP = 'bench'

const membership = (n) => ({
  userId: `user-${n}`,
  segment: n % 2 === 0 ? 'loyal' : 'at-risk',
  since: START_MS + n,
  previous: 'new',
  sequence: 7,
  bundleVersion: 'b'.repeat(64),
  origin: 'live',
})
const head = (rev) => ({
  rev,
  chain: `c${rev}`,
  positions: { clicks: rev },
  digests: { clicks: 'd'.repeat(64) },
  clock: START_MS,
  recipe: 'r',
  genesis: { app: APP, formats: {}, startedAt: 0, liveFrom: 0 },
  deployments: [],
  segments: ['', 'new', 'loyal', 'at-risk'],
  labels: {},
  held: false,
  releasedAt: 0,
  counts: { records: 0, events: 0, skipped: {}, refused: {}, moves: 0, members: {} },
})
const profiles = (round) =>
  Array.from({ length: PROFILES }, (_, i) => ({
    user: `user-${100_000 + i}`,
    due: START_MS + round * 1000 + i * 7,
    bytes: Uint8Array.from({ length: 120 }, (_, j) => (i * 31 + j * 7 + round) & 0xff),
  }))

const port = await new Promise((found) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address()
    server.close(() => found(port))
  })
})
const dir = mkdtempSync(join(tmpdir(), 'bench-redis-'))
const args = [
  '--port',
  `${port}`,
  '--bind',
  '127.0.0.1',
  '--dir',
  dir,
  '--save',
  '',
  '--slowlog-log-slower-than',
  '0',
]
const child = spawn('redis-server', [...args, '--slowlog-max-len', '5000'], { stdio: 'ignore' })
const behind = new Redis({ host: '127.0.0.1', port }).on('error', () => {})
try {
  while ((await behind.ping().catch(() => '')) !== 'PONG') await sleep(20)
  const redis = await openRedis({ nodes: [{ host: '127.0.0.1', port }], cluster: false })
  await measure(redis)
  await redis.close()
} finally {
  behind.disconnect()
  child.kill()
  rmSync(dir, { recursive: true, force: true })
}

/** CPU milliseconds of the server so far: /proc counts in ticks, usually of 10 ms, so rounds are added up. */
function serverCpuMs() {
  const ticks = Number(execFileSync('getconf', ['CLK_TCK']))
  const [user, system] = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
    .split(') ')[1]
    .split(' ')
    .slice(11, 13)
  return ((Number(user) + Number(system)) * 1000) / ticks
}

/** Runs all rounds and prints microseconds per profile and how long the server's scripts took. */
async function rounds(what, prepare, run) {
  await run(await prepare(0), 0)
  await behind.slowlog('RESET')
  const server = serverCpuMs()
  let node = 0
  let wall = 0
  for (let round = 1; round <= ROUNDS; round++) {
    const work = await prepare(round)
    const cpu = process.cpuUsage()
    const start = performance.now()
    await run(work, round)
    wall += performance.now() - start
    const { user, system } = process.cpuUsage(cpu)
    node += user + system
  }
  const each = (microseconds) => (microseconds / (ROUNDS * PROFILES)).toFixed(2).padStart(6)
  const slow = (await behind.slowlog('GET', 5000))
    .filter(([, , , [command]]) => command.startsWith('eval'))
    .map(([, , microseconds]) => microseconds)
    .sort((a, b) => a - b)
  const at = (share) => (slow[Math.floor(share * (slow.length - 1))] / 1000).toFixed(2)
  process.stdout.write(
    `${what.padEnd(46)} node ${each(node)}  redis ${each((serverCpuMs() - server) * 1000)}  wall ${each(wall * 1000)} µs a profile` +
      `${slow.length > 0 ? `  scripts: median ${at(0.5)}, 99 % ${at(0.99)}, longest ${at(1)} ms` : ''}\n`,
  )
}

async function measure(redis) {
  const store = new RedisStore(redis, { app: APP, partitions: 1 })
  await store.take({ task: 0 }, 'a')
  let rev = -1
  const put = (sealed, memberships = []) =>
    store.checkpoint(0, {
      token: 'a',
      after: rev < 0 ? undefined : rev,
      head: head(++rev),
      profiles: sealed,
      memberships,
      forgotten: [],
    })
  await rounds('HSET pipeline of 1,000, profiles alone', profiles, async (sealed) => {
    for (let i = 0; i < sealed.length; i += 1000) {
      const pipeline = behind.pipeline()
      for (const { user, bytes } of sealed.slice(i, i + 1000)) pipeline.hset('bare', user, Buffer.from(bytes))
      await pipeline.exec()
    }
  })
  await rounds('HSET and ZADD pipeline of 1,000', profiles, async (sealed) => {
    for (let i = 0; i < sealed.length; i += 1000) {
      const pipeline = behind.pipeline()
      for (const { user, bytes, due } of sealed.slice(i, i + 1000)) {
        pipeline.hset('bare', user, Buffer.from(bytes)).zadd('bare-dues', due, user)
      }
      await pipeline.exec()
    }
  })
  await rounds('checkpoint of 10,000 profiles', profiles, (sealed) => put(sealed))
  await rounds('the same with 1,000 memberships', profiles, (sealed, round) =>
    put(
      sealed,
      Array.from({ length: 1000 }, (_, i) => membership(100_000 + ((i * 10 + round) % PROFILES))),
    ),
  )
  await rounds('the same with 10,000 memberships, all moving', profiles, (sealed, round) =>
    put(
      sealed,
      Array.from({ length: PROFILES }, (_, i) => ({
        ...membership(100_000 + i),
        segment: (i + round) % 2 === 0 ? 'loyal' : 'at-risk',
      })),
    ),
  )
  const users = profiles(0).map(({ user }) => user)
  await rounds(
    'read of 10,000 profiles',
    () => users,
    (all) => store.read(0, 'a', all, -Infinity, 0),
  )
  await rounds(
    'read of 10,000 dues with their profiles',
    () => undefined,
    () => store.read(0, 'a', [], -Infinity, PROFILES),
  )
}
