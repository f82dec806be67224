import { encoders, jsonValues, type Encoders, type ValueFormat } from './adapters/kafka/encode.ts'
import { topicNames } from './adapters/kafka/topics.ts'
import { RegistryClient } from './adapters/registry/client.ts'
import { RegistryEncoders } from './adapters/registry/encoders.ts'
import { RegistrySchemas } from './adapters/registry/schemas.ts'
import { backoffMs } from './app/task/options.ts'
import { SegmentationError } from './errors.ts'
import type { Clock } from './ports/clock.ts'
import type { WriterSchemas } from './ports/schemas.ts'
import type { Telemetry } from './ports/telemetry.ts'
import type { Topic } from './ports/types.ts'
import { formatOf, type LiveConfig } from './live-config.ts'

/** How a consumer reads and writes values. */
export interface LiveFormats {
  /** Input topics with Avro in them. */
  readonly avro: readonly Topic[]
  readonly schemas: WriterSchemas | undefined
  readonly encode: Encoders
}

/** Settles the formats; registers the schemas of Avro outputs, and waits for a registry that is away. */
export async function openFormats(
  config: LiveConfig,
  clock: Clock,
  telemetry: Telemetry,
): Promise<LiveFormats> {
  const { app, schemaRegistry } = config
  const avro = config.inputs.flatMap(({ topic, format }) =>
    formatOf(config, `inputs, ${topic}`, format) === 'avro' ? [topic] : [],
  )
  const output = formatOf(config, 'output.format', config.output.format)
  if (schemaRegistry === undefined)
    return { avro, schemas: undefined, encode: encoders(app, jsonValues(app)) }
  const schemas = new RegistrySchemas(new RegistryClient(schemaRegistry, clock), clock)
  if (output === 'json') return { avro, schemas, encode: encoders(app, jsonValues(app)) }
  const registry = new RegistryEncoders(schemaRegistry, clock)
  const values = await whenReachable(() => avroValues(registry, app), clock, telemetry)
  return { avro, schemas, encode: encoders(app, values) }
}

async function avroValues(registry: RegistryEncoders, app: string): Promise<ValueFormat> {
  const topics = topicNames(app)
  return {
    contentType: 'application/avro',
    transition: await registry.transition(topics['segment-changed'], app),
    membership: await registry.membership(topics['user-segments']),
    catalog: await registry.catalog(topics['segment-catalog']),
  }
}

/** Outputs whose schema the registry would take in anew, and those whose schema it would refuse. Rejects with `unreachable`. */
export async function compareSchemas(
  config: LiveConfig,
  clock: Clock,
): Promise<{ missing: Topic[]; unfit: Topic[] }> {
  const found: { missing: Topic[]; unfit: Topic[] } = { missing: [], unfit: [] }
  const registry = outputRegistry(config, clock)
  if (registry === undefined) return found
  for (const output of ['segment-changed', 'user-segments', 'segment-catalog'] as const) {
    const topic = topicNames(config.app)[output]
    const fits = await registry.fits(topic, output)
    if (fits !== true) found[fits === undefined ? 'missing' : 'unfit'].push(topic)
  }
  return found
}

/** Registers the schemas of Avro outputs. Rejects with `unreachable`, `schema-incompatible` or `config-invalid`. */
export async function registerSchemas(config: LiveConfig, clock: Clock): Promise<void> {
  const registry = outputRegistry(config, clock)
  if (registry !== undefined) await avroValues(registry, config.app)
}

function outputRegistry(config: LiveConfig, clock: Clock): RegistryEncoders | undefined {
  const { schemaRegistry, output } = config
  const avro = formatOf(config, 'output.format', output.format) === 'avro'
  return schemaRegistry === undefined || !avro ? undefined : new RegistryEncoders(schemaRegistry, clock)
}

/** The same again for as long as the other side is away: a process that ends would only be started again. */
async function whenReachable<T>(work: () => Promise<T>, clock: Clock, telemetry: Telemetry): Promise<T> {
  for (let retries = 0; ; retries++) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof SegmentationError && error.retryable)) throw error
      const text = `before the start: ${error.message}; trying again`
      telemetry.notice({ level: 'warn', task: -1, text, code: error.code })
      await clock.sleep(backoffMs(retries))
    }
  }
}
