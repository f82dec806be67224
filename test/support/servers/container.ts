import { GenericContainer, Wait } from 'testcontainers'

const REDIS_PORT = 6379

/** A Redis in a container of an image that this machine has. Settings are in the words of redis.conf. */
export async function startRedisContainer(
  image: string,
  settings: readonly string[],
): Promise<{ readonly host: string; readonly port: number; stop(): Promise<void> }> {
  const open = ['--bind', '0.0.0.0', '--protected-mode', 'no', '--save', '', '--appendonly', 'no']
  const container = await new GenericContainer(image)
    .withExposedPorts(REDIS_PORT)
    .withCommand(['redis-server', ...open, ...settings])
    .withWaitStrategy(Wait.forLogMessage('Ready to accept connections'))
    .start()
  return {
    host: container.getHost(),
    port: container.getMappedPort(REDIS_PORT),
    stop: async () => void (await container.stop()),
  }
}
