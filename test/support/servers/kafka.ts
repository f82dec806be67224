import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, connect } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { DAY_MS, SECOND_MS } from '../../../src/domain/base/duration.ts'

/**
 * A real Apache Kafka for tests: the one at `SEGMENTATION_TEST_KAFKA` (host:port), else a single KRaft node of
 * `SEGMENTATION_TEST_KAFKA_VERSION`, started from its packages (Java and Maven) on free ports of this machine.
 */
export interface KafkaServer {
  readonly brokers: readonly string[]
  readonly version: string
  /** Kills the node and starts it again on the same data; only where it was started here. */
  readonly restart: (() => Promise<void>) | undefined
  stop(): Promise<void>
}

export const VERSIONS = ['4.3.1', '3.9.1'] as const
const VERSION = process.env['SEGMENTATION_TEST_KAFKA_VERSION'] ?? VERSIONS[0]
const CACHE = join(homedir(), '.cache', 'segmentation-test')
const READY_MS = 60 * SECOND_MS
const FETCH_PACKAGES_MS = 5 * 60 * SECOND_MS

/** The server, or why there is none here. Where `CI` is set there must be one. */
export async function startKafka(): Promise<KafkaServer | string> {
  const address = process.env['SEGMENTATION_TEST_KAFKA']
  if (address !== undefined && address !== '') {
    return { brokers: [address], version: 'as given', restart: undefined, stop: async () => {} }
  }
  const missing = ['java', 'mvn'].filter((tool) => !runs(tool))
  const libs = join(CACHE, `kafka-${VERSION}`)
  if (missing.includes('java') || (missing.length > 0 && !existsSync(libs))) {
    const why = `no Kafka: ${missing.join(' and ')} missing; install it, or name a broker in SEGMENTATION_TEST_KAFKA`
    if (process.env['CI']) throw new Error(why)
    process.stdout.write(`${why}\n`)
    return why
  }
  fetchPackages(libs)
  return startNode(libs)
}

function runs(tool: string): boolean {
  try {
    execFileSync(tool, ['-version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const dependency = (group: string, name: string, version: string): string =>
  `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`

/** The jars of one version, all of them: fewer start, and fail later. */
function fetchPackages(libs: string): void {
  if (existsSync(libs)) return
  mkdirSync(CACHE, { recursive: true })
  const work = mkdtempSync(join(CACHE, 'fetch-'))
  try {
    const pom = join(work, 'pom.xml')
    const dependencies = [
      dependency('org.apache.kafka', 'kafka_2.13', VERSION),
      dependency('org.apache.kafka', 'kafka-tools', VERSION),
      dependency('org.slf4j', 'slf4j-simple', '1.7.36'),
    ]
    writeFileSync(
      pom,
      '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>' +
        '<groupId>test</groupId><artifactId>kafka</artifactId><version>1</version>' +
        `<dependencies>${dependencies.join('')}</dependencies></project>`,
    )
    const out = join(work, 'libs')
    execFileSync('mvn', ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${out}`], {
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: FETCH_PACKAGES_MS,
    })
    if (!existsSync(libs)) renameSync(out, libs)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

async function startNode(libs: string): Promise<KafkaServer> {
  const dir = mkdtempSync(join(tmpdir(), 'segmentation-kafka-'))
  const [port, controller] = await freePorts(2)
  const properties = join(dir, 'server.properties')
  writeFileSync(properties, propertiesOf(dir, port as number, controller as number))
  const classes = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', join(libs, '*')]
  execFileSync(
    'java',
    [
      '-Xmx64m',
      ...classes,
      'kafka.tools.StorageTool',
      'format',
      '-t',
      'c2VnbWVudGF0aW9uLXRlc',
      '-c',
      properties,
    ],
    { stdio: 'ignore' },
  )
  let child: ChildProcess | undefined
  const launch = async (): Promise<void> => {
    const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=error'
    const args = ['-n', '5', 'java', '-Xmx256m', quiet, ...classes, 'kafka.Kafka', properties]
    child = spawn('nice', args, { stdio: ['ignore', 'ignore', 'ignore'] })
    await answering(port as number, child)
  }
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    const running = child
    child = undefined
    if (!running || running.exitCode !== null) return
    const ended = new Promise((done) => running.once('exit', done))
    running.kill(signal)
    await ended
  }
  process.once('exit', () => child?.kill('SIGKILL'))
  await launch()
  return {
    brokers: [`127.0.0.1:${port}`],
    version: VERSION,
    restart: async () => {
      await kill('SIGKILL')
      await launch()
    },
    stop: async () => {
      await kill('SIGKILL')
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

function propertiesOf(dir: string, port: number, controller: number): string {
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': join(dir, 'data'),
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.num.partitions': 4,
    'group.initial.rebalance.delay.ms': 0,
    'log.retention.ms': 365 * 100 * DAY_MS,
  }
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer()
      await new Promise<void>((open) => server.listen(0, '127.0.0.1', open))
      return server
    }),
  )
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))))
  return ports
}

async function answering(port: number, child: ChildProcess): Promise<void> {
  const until = performance.now() + READY_MS
  for (;;) {
    if (child.exitCode !== null) throw new Error(`Kafka ended with ${child.exitCode}`)
    const open = await new Promise<boolean>((done) => {
      const socket = connect(port, '127.0.0.1', () => done(true)).on('error', () => done(false))
      socket.on('close', () => done(false))
      socket.on('connect', () => socket.destroy())
    })
    if (open) return
    if (performance.now() > until) throw new Error('Kafka did not answer in time')
    await new Promise((later) => setTimeout(later, 100))
  }
}
