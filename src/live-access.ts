import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import type { KafkaAccess } from './adapters/kafka/client.ts'
import type { RedisAccess } from './adapters/redis/client.ts'
import { fail } from './errors.ts'
import type { LiveConfig } from './live-config.ts'

/** How the brokers of a config are reached. Throws `file-missing` or `file-unreadable` for what it names. */
export function kafkaAccess(config: Pick<LiveConfig, 'app' | 'member' | 'kafka'>): KafkaAccess {
  const { brokers, tls } = config.kafka
  return {
    brokers,
    clientId: `${config.app}-${config.member}`,
    ssl: tlsOptions(tls),
    sasl: saslOptions(config.kafka.auth),
  }
}

/** How the Redis of a config is reached. Throws as `kafkaAccess` does. */
export function redisAccess({ redis }: Pick<LiveConfig, 'redis'>): RedisAccess {
  const nodes = redis.nodes.map((node) => {
    const [host = '', port = ''] = node.split(':')
    return { host, port: Number(port) }
  })
  const { mode, sentinelName, username, password, tls } = redis
  const sentinel =
    sentinelName === undefined
      ? undefined
      : { name: sentinelName, username: redis.sentinelUsername, password: redis.sentinelPassword }
  return { nodes, cluster: mode === 'cluster', sentinel, username, password, tls: tlsOptions(tls) }
}

function tlsOptions({ enabled, caFile, certFile, keyFile, serverName }: LiveConfig['kafka']['tls']) {
  if (!enabled) return undefined
  return {
    ...(caFile === undefined ? {} : { ca: [contentOf(caFile)] }),
    ...(certFile === undefined ? {} : { cert: contentOf(certFile) }),
    ...(keyFile === undefined ? {} : { key: contentOf(keyFile) }),
    ...(serverName === undefined ? {} : { servername: serverName }),
  } satisfies ConnectionOptions
}

function saslOptions(auth: LiveConfig['kafka']['auth']): KafkaAccess['sasl'] {
  if (auth.mechanism === 'none' || auth.mechanism === 'mtls') return undefined
  if (auth.mechanism !== 'oauthbearer') return auth
  const { mechanism, tokenFile } = auth
  const oauthBearerProvider = () => Promise.resolve({ value: contentOf(tokenFile).trim() })
  return { mechanism, oauthBearerProvider }
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error)
    return fail(code === 'ENOENT' ? 'file-missing' : 'file-unreadable', `${path}: ${code}`, error)
  }
}
