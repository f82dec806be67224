import { kafkaPackages } from './kafka-packages.ts'
import { startNodes, type KafkaNode, type KafkaProperties } from './kafka-node.ts'

/**
 * A real Apache Kafka for tests: where one broker is enough as it is, that at `SEGMENTATION_TEST_KAFKA` (host:port), else KRaft
 * nodes of `SEGMENTATION_TEST_KAFKA_VERSION`, started from its packages (Java and Maven) on free ports of this machine.
 */
export interface KafkaServer {
  readonly brokers: readonly string[]
  readonly version: string
  /** The brokers, to be killed and started again; none where they were not started here. */
  readonly nodes: readonly KafkaNode[]
  stop(): Promise<void>
}

export interface KafkaWanted {
  readonly version?: string | undefined
  /** More than one: topics of the broker's own have a replica on each, and all but one must have a record. */
  readonly nodes?: number | undefined
  /** Beside or instead of the usual settings of each broker, in the words of server.properties. */
  readonly properties?: KafkaProperties | ((port: number, controller: number) => KafkaProperties) | undefined
  /** Users with their passwords, for SCRAM-SHA-512. */
  readonly scram?: Readonly<Record<string, string>> | undefined
}

export const VERSIONS = ['4.3.1', '3.9.1'] as const
const VERSION = process.env['SEGMENTATION_TEST_KAFKA_VERSION'] ?? VERSIONS[0]

/** The server, or why there is none here. Where `CI` is set there must be one. */
export async function startKafka(wanted: KafkaWanted = {}): Promise<KafkaServer | string> {
  const address = process.env['SEGMENTATION_TEST_KAFKA'] ?? ''
  const { version = VERSION, nodes: count = 1, properties = {}, scram = {} } = wanted
  if (address !== '' && Object.keys(wanted).length === 0) {
    return { brokers: [address], version: 'as given', nodes: [], stop: async () => {} }
  }
  const packages = kafkaPackages(version)
  if ('missing' in packages) {
    const why = `no Kafka: ${packages.missing.join(' and ')} missing; install it, or name a broker in SEGMENTATION_TEST_KAFKA`
    if (process.env['CI']) throw new Error(why)
    process.stdout.write(`${why}\n`)
    return why
  }
  const cluster = await startNodes(packages.libs, count, properties, scram)
  return { ...cluster, brokers: cluster.nodes.map((node) => node.address), version }
}
