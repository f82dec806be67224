import { EmbeddedReader } from './adapters/embedded/reader.ts'
import { openRunFolder } from './adapters/embedded/run-folder.ts'
import { openBundleFiles } from './adapters/files/bundles.ts'
import { openRedis } from './adapters/redis/client.ts'
import { taskOf } from './adapters/redis/keys.ts'
import { readMeta } from './adapters/redis/meta.ts'
import { RedisReader } from './adapters/redis/reader.ts'
import type { TaskOptions } from './app/task/options.ts'
import { taskOptions, zoneTables } from './compose.ts'
import type { Mapping } from './domain/events/mapping.ts'
import { readRunConfig } from './first-start.ts'
import { runConfig } from './live.ts'
import { redisAccess } from './live-access.ts'
import type { LiveConfig } from './live-config.ts'
import type { Head, StateReader } from './ports/store.ts'
import type { Task } from './ports/types.ts'

/** The state of a run as others see it, and how its profiles are read. */
export interface StateView {
  readonly reader: StateReader
  /** Head of the task that a user belongs to. */
  headOf(user: string): Promise<Head | undefined>
  /** Heads of all tasks, in their order; undefined: one that never started. */
  heads(): Promise<(Head | undefined)[]>
  taskOf(user: string): Task
  readonly options: Pick<TaskOptions, 'newProfiles' | 'segmenter'>
  close(): Promise<void>
}

/** That of a run folder; nobody may be streaming on it. */
export async function openFolderView(dir: string): Promise<StateView> {
  const config = readRunConfig(dir)
  const folder = await openRunFolder(dir, { create: false, readOnly: true })
  try {
    const { bundle } = await openBundleFiles().load(folder.paths.model)
    const options = taskOptions({ config, bundle, zones: zoneTables(config, bundle), inputs: [] })
    const reader = new EmbeddedReader(folder)
    const head = (): Promise<Head | undefined> => reader.head(0)
    return {
      reader,
      options,
      headOf: head,
      taskOf: () => 0,
      heads: async () => [await head()],
      close: () => folder.close(),
    }
  } catch (error) {
    await folder.close()
    throw error
  }
}

/** That of a consumer on Kafka and Redis, which goes on meanwhile. */
export async function openLiveView(
  config: LiveConfig,
  mappings: ReadonlyMap<string, Mapping>,
): Promise<StateView> {
  const { bundle } = await openBundleFiles().load(config.model)
  const run = runConfig(config, mappings, bundle)
  const options = taskOptions({ config: run, bundle, zones: zoneTables(run, bundle), inputs: [] })
  const redis = await openRedis(redisAccess(config))
  const reader = new RedisReader(redis, config.app)
  const meta = await readMeta(redis, config.app)
  const headOf = async (user: string): Promise<Head | undefined> => {
    return meta && reader.head(taskOf(user, meta.partitions))
  }
  const heads = async (): Promise<(Head | undefined)[]> => {
    return Promise.all(Array.from({ length: meta?.partitions ?? 0 }, (_, task) => reader.head(task)))
  }
  return {
    reader,
    options,
    headOf,
    heads,
    taskOf: (user) => taskOf(user, meta?.partitions ?? 1),
    close: () => redis.close(),
  }
}
