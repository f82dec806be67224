import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { RedisAccess } from '../../../src/adapters/redis/client.ts'
import { SECOND_MS } from '../../../src/domain/base/duration.ts'
import { startRedisContainer } from './container.ts'
import { freePorts } from './ports.ts'

/**
 * A real Redis for tests: where one is enough as it is, that at `SEGMENTATION_TEST_REDIS` (host:port), or a container of the
 * local image `SEGMENTATION_TEST_REDIS_IMAGE`, else nodes of the machine's own `redis-server` on free ports of the loopback.
 */
export interface RedisServer {
  readonly access: RedisAccess
  readonly version: string
  stop(): Promise<void>
}

const READY_MS = 20 * SECOND_MS
const HOST = '127.0.0.1'
/** Slots of a Cluster, dealt out to its nodes in equal ranges. */
const SLOTS = 16384

/** A server, or why there is none here. Settings, in the words of redis.conf, want a node of its own. */
export async function startRedis(...settings: string[]): Promise<RedisServer | string> {
  const address = process.env['SEGMENTATION_TEST_REDIS'] ?? ''
  if (address !== '' && settings.length === 0) {
    const [host = HOST, port = '6379'] = address.split(':')
    return {
      access: { nodes: [{ host, port: Number(port) }], cluster: false },
      version: await versionAt(host, Number(port)),
      stop: async () => {},
    }
  }
  const image = process.env['SEGMENTATION_TEST_REDIS_IMAGE'] ?? ''
  if (image !== '') {
    const container = await startRedisContainer(image, settings)
    const { host, port } = container
    const version = `${await versionAt(host, port)} in a container`
    return { access: { nodes: [{ host, port }], cluster: false }, version, stop: () => container.stop() }
  }
  const missing = noServer()
  if (missing !== undefined) return missing
  const node = await startNode(settings)
  const { port } = node
  return {
    access: { nodes: [{ host: HOST, port }], cluster: false },
    version: await versionAt(HOST, port),
    stop: () => node.stop(),
  }
}

/** A Cluster of three masters, the first of which can have a replica. */
export interface RedisCluster extends RedisServer {
  /** From now on the replica hears nothing of its master. */
  parted(): Promise<void>
  /** kill -9 of the first master; the replica, which holds what it has heard, takes its place. */
  failOver(): Promise<void>
}

/** It, or why there is none here. */
export async function startRedisCluster({ replica = false } = {}): Promise<RedisCluster | string> {
  const missing = noServer()
  if (missing !== undefined) return missing
  const size = replica ? 4 : 3
  const ports = await freePorts(2 * size)
  const buses = ports.slice(size)
  const nodes = await Promise.all(
    buses.map((bus, i) =>
      startNode(
        ['--cluster-enabled', 'yes', '--cluster-node-timeout', '1000', '--cluster-port', `${bus}`],
        ports[i],
      ),
    ),
  )
  const clients = nodes.map(({ port }) => quietClient(port))
  const [first, second, third, spare] = clients as [Redis, Redis, Redis, Redis | undefined]
  await Promise.all(
    [first, second, third].map((client, i) =>
      client.cluster('ADDSLOTSRANGE', Math.ceil((i * SLOTS) / 3), Math.ceil(((i + 1) * SLOTS) / 3) - 1),
    ),
  )
  for (let i = 1; i < size; i++) await first.call('CLUSTER', 'MEET', HOST, `${ports[i]}`, `${buses[i]}`)
  await Promise.all(clients.map(clusterIsUp))
  if (spare) {
    await spare.cluster('REPLICATE', String(await first.call('CLUSTER', 'MYID')))
    await replicating(nodes[0]?.port as number)
  }
  return {
    access: { nodes: nodes.map(({ port }) => ({ host: HOST, port })), cluster: true },
    version: await versionAt(HOST, ports[0] as number),
    parted: async () => {
      // a name that the master does not know
      await spare?.config('SET', 'masteruser', 'nobody', 'masterauth', 'nothing')
      await spare?.call('CLIENT', 'KILL', 'TYPE', 'master')
    },
    failOver: async () => {
      await nodes[0]?.stop()
      await spare?.cluster('FAILOVER', 'TAKEOVER')
    },
    stop: async () => {
      for (const client of clients) client.disconnect()
      await Promise.all(nodes.map((node) => node.stop()))
    },
  }
}

/** A master with a replica, watched by a Sentinel; the access is the Sentinel's. */
export interface RedisUnderSentinel extends RedisServer {
  /** kill -9. The replica takes its place. */
  killMaster(): Promise<void>
}

const MASTER_NAME = 'state'

/** It, or why there is none here. */
export async function startRedisSentinel(): Promise<RedisUnderSentinel | string> {
  const missing = noServer()
  if (missing !== undefined) return missing
  const master = await startNode(['--repl-diskless-sync-delay', '0'])
  const replica = await startNode(['--replicaof', HOST, `${master.port}`])
  // a Sentinel that starts before they are linked sees the replica ten seconds later
  await replicating(master.port)
  const folder = mkdtempSync(join(tmpdir(), 'segmentation-sentinel-'))
  const path = join(folder, 'sentinel.conf')
  const settings = [
    `sentinel monitor ${MASTER_NAME} ${HOST} ${master.port} 1`,
    `sentinel down-after-milliseconds ${MASTER_NAME} 500`,
    `sentinel failover-timeout ${MASTER_NAME} 3000`,
  ]
  writeFileSync(path, settings.join('\n'))
  const sentinel = await startNode(['--sentinel'], undefined, path)
  return {
    access: { nodes: [{ host: HOST, port: sentinel.port }], cluster: false, sentinel: { name: MASTER_NAME } },
    version: await versionAt(HOST, master.port),
    killMaster: () => master.stop(),
    stop: async () => {
      await Promise.all([sentinel, master, replica].map((node) => node.stop()))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function replicating(port: number): Promise<void> {
  const until = performance.now() + READY_MS
  const client = quietClient(port)
  while (!(await client.info('replication')).includes('state=online')) {
    if (performance.now() > until) throw new Error('the replica did not come up in time')
    await sleep(20)
  }
  client.disconnect()
}

/** A client for what tests do behind the program's back. */
export function quietClient(port: number): Redis {
  return new Redis({ host: HOST, port, protocol: 2 }).on('error', () => {})
}

/** Where `CI` is set there must be a server. */
function noServer(): string | undefined {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' })
    return undefined
  } catch {
    const why = 'no Redis: redis-server missing; install it, or name a server in SEGMENTATION_TEST_REDIS'
    if (process.env['CI']) throw new Error(why)
    process.stdout.write(`${why}\n`)
    return why
  }
}

async function startNode(
  settings: readonly string[],
  chosen?: number,
  configFile?: string,
): Promise<{ port: number; stop(): Promise<void> }> {
  const dir = mkdtempSync(join(tmpdir(), 'segmentation-redis-'))
  const port = chosen ?? (await freePorts(1))[0]
  const listening = ['--bind', HOST, '--port', `${port}`, '--dir', dir]
  const fixed =
    configFile === undefined ? [...listening, '--save', '', '--appendonly', 'no'] : [configFile, ...listening]
  const child = spawn('nice', ['-n', '5', 'redis-server', ...fixed, ...settings], { stdio: 'ignore' })
  const kill = (): boolean => child.kill('SIGKILL')
  process.once('exit', kill)
  await answering(port as number, child)
  return {
    port: port as number,
    stop: async () => {
      process.removeListener('exit', kill)
      const ended = new Promise((done) => child.once('exit', done))
      if (child.exitCode === null && kill()) await ended
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

async function answering(port: number, child: ChildProcess): Promise<void> {
  const until = performance.now() + READY_MS
  const client = quietClient(port)
  try {
    for (;;) {
      if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}`)
      if ((await client.ping().catch(() => '')) === 'PONG') return
      if (performance.now() > until) throw new Error('redis-server did not answer in time')
      await sleep(20)
    }
  } finally {
    client.disconnect()
  }
}

async function clusterIsUp(client: Redis): Promise<void> {
  const until = performance.now() + READY_MS
  while (!(await client.cluster('INFO')).includes('cluster_state:ok')) {
    if (performance.now() > until) throw new Error('the cluster did not come up in time')
    await sleep(20)
  }
}

async function versionAt(host: string, port: number): Promise<string> {
  const client = new Redis({ host, port }).on('error', () => {})
  try {
    return /redis_version:(\S+)/.exec(await client.info('server'))?.[1] ?? 'unknown'
  } finally {
    client.disconnect()
  }
}
