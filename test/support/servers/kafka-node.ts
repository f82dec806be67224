import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { DAY_MS, SECOND_MS } from '../../../src/domain/base/duration.ts'
import { freePorts } from './ports.ts'

/** One broker of a cluster on this machine. */
export interface KafkaNode {
  readonly id: number
  readonly address: string
  /** kill -9. */
  kill(): Promise<void>
  /** Starts it again on the same data; resolves once it answers. */
  start(): Promise<void>
}

export type KafkaProperties = Readonly<Record<string, string | number | boolean>>

const READY_MS = 60 * SECOND_MS

/** Formats and starts brokers that are controllers as well; each topic of their own has a replica on every one. */
export async function startNodes(
  libs: string,
  count: number,
  properties: KafkaProperties | ((port: number, controller: number) => KafkaProperties),
  scram: Readonly<Record<string, string>>,
): Promise<{ readonly nodes: readonly KafkaNode[]; stop(): Promise<void> }> {
  const ports = await freePorts(2 * count)
  const voters = ports.slice(count).map((port, i) => `${i + 1}@127.0.0.1:${port}`)
  const dirs = Array.from({ length: count }, () => mkdtempSync(join(tmpdir(), 'segmentation-kafka-')))
  const nodes = dirs.map((dir, i) => {
    const [port, controller] = [ports[i] as number, ports[count + i] as number]
    const more = typeof properties === 'function' ? properties(port, controller) : properties
    const settings = { ...settingsOf(dir, i + 1, port, controller, voters), ...more }
    const text = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`)
    writeFileSync(join(dir, 'server.properties'), text.join(''))
    return newNode(libs, dir, i + 1, port)
  })
  await Promise.all(dirs.map((dir) => format(libs, dir, scram)))
  await Promise.all(nodes.map((node) => node.start()))
  return {
    nodes,
    stop: async () => {
      await Promise.all(nodes.map((node) => node.kill()))
      for (const dir of dirs) rmSync(dir, { recursive: true, force: true })
    },
  }
}

const javaArgs = (libs: string): string[] => [
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-cp',
  join(libs, '*'),
]

async function format(libs: string, dir: string, scram: Readonly<Record<string, string>>): Promise<void> {
  const users = Object.entries(scram).flatMap(([name, password]) => [
    '--add-scram',
    `SCRAM-SHA-512=[name=${name},password=${password}]`,
  ])
  const tool = ['kafka.tools.StorageTool', 'format', '-t', 'c2VnbWVudGF0aW9uLXRlc']
  const args = ['-Xmx64m', ...javaArgs(libs), ...tool, '-c', join(dir, 'server.properties'), ...users]
  await promisify(execFile)('java', args)
}

function newNode(libs: string, dir: string, id: number, port: number): KafkaNode {
  let child: ChildProcess | undefined
  process.once('exit', () => child?.kill('SIGKILL'))
  return {
    id,
    address: `127.0.0.1:${port}`,
    start: async () => {
      const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=error'
      const server = ['kafka.Kafka', join(dir, 'server.properties')]
      const args = ['-n', '5', 'java', '-Xmx256m', quiet, ...javaArgs(libs), ...server]
      child = spawn('nice', args, { stdio: ['ignore', 'ignore', 'ignore'] })
      await answering(port, child)
    },
    kill: async () => {
      const running = child
      child = undefined
      if (!running || running.exitCode !== null) return
      const ended = new Promise((done) => running.once('exit', done))
      running.kill('SIGKILL')
      await ended
    },
  }
}

function settingsOf(
  dir: string,
  id: number,
  port: number,
  controller: number,
  voters: readonly string[],
): KafkaProperties {
  const replicas = voters.length
  const insync = Math.max(1, replicas - 1)
  return {
    'process.roles': 'broker,controller',
    'node.id': id,
    'controller.quorum.voters': voters.join(','),
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': join(dir, 'data'),
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': insync,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.num.partitions': 4,
    'group.initial.rebalance.delay.ms': 0,
    'broker.session.timeout.ms': 4 * SECOND_MS,
    'broker.heartbeat.interval.ms': SECOND_MS,
    'log.retention.ms': 365 * 100 * DAY_MS,
  }
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
