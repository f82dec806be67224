import type { ConnectionOptions } from 'node:tls'
import { Cluster, Redis } from 'ioredis'
import { SECOND_MS } from '../../domain/base/duration.ts'
import { assert, fail } from '../../errors.ts'
import { SCRIPTS, type ScriptName } from './scripts.ts'
import { isReplicaNow, redisTrouble } from './trouble.ts'

/** How the server, the nodes of a Cluster, or a master under Sentinels are reached. */
export interface RedisAccess {
  /** At least one; of a Cluster any that are known, the others are learned from it; of a master under Sentinels, those. */
  readonly nodes: readonly { readonly host: string; readonly port: number }[]
  readonly cluster: boolean
  /** The master of this name, wherever the Sentinels at `nodes` say that it is. */
  readonly sentinel?:
    | {
        readonly name: string
        readonly username?: string | undefined
        readonly password?: string | undefined
      }
    | undefined
  readonly username?: string | undefined
  readonly password?: string | undefined
  /** Database of a single server. */
  readonly db?: number | undefined
  /** Of Sentinels too. */
  readonly tls?: ConnectionOptions | undefined
  /** Longest wait for one answer. */
  readonly commandTimeoutMs?: number | undefined
}

/** Answer of a script or a command: null where nothing is there. */
export type Reply<T> = T | number | null | readonly Reply<T>[]

const COMMAND_TIMEOUT_MS = 5 * SECOND_MS
const CONNECT_TIMEOUT_MS = 5 * SECOND_MS
const LONGEST_RECONNECT_PAUSE_MS = SECOND_MS

/**
 * One connection to a server, or one per node of a Cluster. Nothing is sent again by the client: the task makes the same call
 * again. Nothing waits in a queue either: while there is no connection, calls are refused at once.
 */
export class RedisConnection {
  /** For messages: hosts and ports, never credentials. */
  readonly place: string
  readonly #client: Redis | Cluster
  #connectionError: string | undefined

  constructor(access: RedisAccess) {
    assert(access.nodes.length > 0, 'a server has an address')
    this.place = access.nodes.map(({ host, port }) => `${host}:${port}`).join(',')
    this.#client = access.cluster ? newCluster(access) : newSingle(access)
    this.#client.on('error', (error: Error) => {
      this.#connectionError = error.message
    })
    this.#client.on('ready', () => {
      this.#connectionError = undefined
    })
  }

  /** Runs a script; texts in its answer are strings. Rejects with what `redisTrouble` makes of a failure. */
  script(name: ScriptName, keys: readonly string[], args: readonly Arg[]): Promise<readonly Reply<string>[]> {
    return this.#script(name, keys, args)
  }

  /** The same with texts as bytes. */
  scriptBytes(
    name: ScriptName,
    keys: readonly string[],
    args: readonly Arg[],
  ): Promise<readonly Reply<Buffer>[]> {
    return this.#script(`${name}Buffer`, keys, args)
  }

  /** Any command of the client. */
  async call<T>(run: (client: Redis | Cluster) => Promise<T>): Promise<T> {
    try {
      return await run(this.#client)
    } catch (error) {
      throw redisTrouble(error, this.place, this.#connectionError)
    }
  }

  /** The first connection. Rejects with `unreachable`, or with `config-invalid` where user or password are refused. */
  async open(): Promise<void> {
    try {
      await this.#client.connect()
      await this.#client.ping()
    } catch (error) {
      const refusal = /NOAUTH|WRONGPASS|NOPERM/.exec(`${String(error)} ${this.#connectionError ?? ''}`)
      await this.close()
      if (refusal) fail('config-invalid', `Redis at ${this.place} refuses user or password (${refusal[0]})`)
      throw redisTrouble(error, this.place, this.#connectionError)
    }
  }

  /** Idempotent; calls in flight are rejected. */
  async close(): Promise<void> {
    this.#client.disconnect(false)
  }

  async #script<T>(
    name: string,
    keys: readonly string[],
    args: readonly Arg[],
  ): Promise<readonly Reply<T>[]> {
    return this.call(async (client) => {
      const run = (client as unknown as Record<string, Run<T>>)[name]
      assert(run, `${name} is a script`)
      const answer = await run.call(client, [keys.length, ...keys, ...args])
      assert(Array.isArray(answer), 'a script answers with a list')
      return answer as readonly Reply<T>[]
    })
  }
}

export type Arg = string | number | Buffer
type Run<T> = (args: readonly Arg[]) => Promise<Reply<T>>

/** Connects and stays connected. Rejects as `RedisConnection.open` does. */
export async function openRedis(access: RedisAccess): Promise<RedisConnection> {
  const connection = new RedisConnection(access)
  await connection.open()
  return connection
}

const pause = (times: number): number =>
  Math.min(50 * 2 ** Math.min(times - 1, 10), LONGEST_RECONNECT_PAUSE_MS)

function common(access: RedisAccess) {
  const commandTimeout = access.commandTimeoutMs ?? COMMAND_TIMEOUT_MS
  return {
    ...(access.username === undefined ? {} : { username: access.username }),
    ...(access.password === undefined ? {} : { password: access.password }),
    ...(access.tls === undefined ? {} : { tls: access.tls }),
    // Replies keep one form whatever the server is.
    protocol: 2 as const,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout,
    // A half-open connection is given up: without this it would last until the kernel gives up, a quarter of an hour.
    socketTimeout: 2 * commandTimeout,
    keepAlive: 10 * SECOND_MS,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    enableAutoPipelining: false,
    reconnectOnError: isReplicaNow,
  }
}

function newSingle(access: RedisAccess): Redis {
  return new Redis({
    ...common(access),
    ...addressOf(access),
    db: access.db ?? 0,
    lazyConnect: true,
    enableOfflineQueue: false,
    retryStrategy: pause,
    scripts: { ...SCRIPTS },
  })
}

function addressOf({ nodes, sentinel, tls }: RedisAccess) {
  const [node] = nodes
  assert(node && (sentinel !== undefined || nodes.length === 1), 'a single server has one address')
  if (sentinel === undefined) return { host: node.host, port: node.port }
  const { name, username, password } = sentinel
  return {
    sentinels: nodes.map(({ host, port }) => ({ host, port })),
    name,
    ...(username === undefined ? {} : { sentinelUsername: username }),
    ...(password === undefined ? {} : { sentinelPassword: password }),
    ...(tls === undefined ? {} : { sentinelTLS: tls, enableTLSForSentinelMode: true }),
    sentinelCommandTimeout: CONNECT_TIMEOUT_MS,
    sentinelRetryStrategy: pause,
    // in connections to the Sentinels that stay: one of them says at once that there is another master
    failoverDetector: true,
  }
}

function newCluster(access: RedisAccess): Cluster {
  return new Cluster(
    access.nodes.map(({ host, port }) => ({ host, port })),
    {
      redisOptions: common(access),
      scaleReads: 'master',
      enableOfflineQueue: false,
      enableAutoPipelining: false,
      lazyConnect: true,
      clusterRetryStrategy: pause,
      slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
      scripts: { ...SCRIPTS },
    },
  )
}
