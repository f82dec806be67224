import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { controlTopic, topicNames } from '../../src/adapters/kafka/topics.ts'
import { ROOT, run } from '../cli/run.ts'
import { smallShop, textOf } from '../inputs/small-shop.ts'
import { PARTITIONS, type Servers } from './servers.ts'

/** One folder for each set of formats that a version has written; see `record`. */
const RECORDED = join(ROOT, 'test/fixtures/state')
/** Of the records, what the recorded states have seen. */
const SEEN_SHARE = 0.8
const APP = 'shop'

/** A record as it was read from a broker; bytes in base64. */
interface Kept {
  readonly topic: string
  readonly partition: number
  readonly timestamp: string
  readonly key: string | null
  readonly value: string | null
}

/** Names of the recorded states. */
export const recordedStates = (): string[] => readdirSync(RECORDED).toSorted()

/** Puts a recorded state into `folder`: a run folder `run`, its input, the model, what comes later, and a dump of Redis. */
export function unpack(name: string, folder: string): void {
  execFileSync('tar', ['-xzf', join(RECORDED, name, 'folder.tar.gz'), '-C', folder])
}

/** Events that the recorded states have not seen. */
export const laterLines = (folder: string): string[] =>
  readFileSync(join(folder, 'later.ndjson'), 'utf8').split('\n').slice(0, -1)

/** Writes what the topics held into those of another broker, at the same offsets. */
export async function sendRecorded(name: string, servers: Servers): Promise<void> {
  const kept = JSON.parse(readFileSync(join(RECORDED, name, 'records.json'), 'utf8')) as Kept[]
  const bytes = (text: string | null): Buffer | null => (text === null ? null : Buffer.from(text, 'base64'))
  const producer = servers.place.kafka().producer()
  await producer.connect()
  for (const topic of new Set(kept.map((record) => record.topic))) {
    const messages = kept
      .filter((record) => record.topic === topic)
      .map(({ partition, timestamp, key, value }) => ({
        partition,
        timestamp,
        key: bytes(key),
        value: bytes(value),
      }))
    await producer.send({ topic, messages })
  }
  await producer.disconnect()
}

/** Records the state that this version writes, under the name of its formats: a run folder, a dump of Redis, its topics. */
export async function record(name: string, folder: string, servers: Servers): Promise<void> {
  const shop = await smallShop(folder, { users: 30, days: 12 })
  const at = Math.floor(shop.lines.length * SEEN_SHARE)
  const seen = shop.lines.slice(0, at)
  writeFileSync(shop.path, textOf(seen))
  writeFileSync(join(folder, 'later.ndjson'), textOf(shop.lines.slice(at)))
  mkdirSync(join(folder, 'models'))
  renameSync(shop.model, join(folder, 'models/first'))
  await succeed(folder, 'stream', 'shop.ndjson', '--model', 'models/first', '--state', 'run')

  await succeed(folder, 'topics', 'apply', '--config', servers.configPath)
  const promote = ['promote', '--config', servers.configPath, '--model', 'models/first', '--at', 'start']
  await succeed(folder, ...promote)
  await servers.send(seen)
  servers.start()
  await servers.caughtUp()
  await servers.stop()
  const to = join(RECORDED, name)
  mkdirSync(to, { recursive: true })
  const rdb = ['-h', '127.0.0.1', '-p', String(servers.redisPort), '--rdb', join(folder, 'shop.rdb')]
  execFileSync('redis-cli', rdb)
  const packed = ['run', 'models', 'shop.ndjson', 'later.ndjson', 'shop.rdb']
  execFileSync('tar', ['-czf', join(folder, 'folder.tar.gz'), '-C', folder, ...packed])
  copyFileSync(join(folder, 'folder.tar.gz'), join(to, 'folder.tar.gz'))
  const kept = await keptRecords(servers)
  writeFileSync(join(to, 'records.json'), `[\n${kept.map((one) => JSON.stringify(one)).join(',\n')}\n]\n`)
}

/** What a task reads: its inputs and its journal; and its moves, whose numbers go on. */
async function keptRecords(servers: Servers): Promise<Kept[]> {
  const names = topicNames(APP)
  const found: Kept[] = []
  for (const topic of ['clicks', controlTopic(APP), names.journal, names['segment-changed']]) {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      for (const { timestamp, key, value } of await servers.place.committed(topic, partition)) {
        const text = (bytes: Uint8Array | null): string | null =>
          bytes && Buffer.from(bytes).toString('base64')
        found.push({ topic, partition, timestamp, key: text(key), value: text(value) })
      }
    }
  }
  return found
}

/** Runs a command of the built program in `folder`; anything but success throws what it said. */
export async function succeed(folder: string, ...args: string[]): Promise<string> {
  const { code, out, err } = await run(args, { cwd: folder })
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${err}`)
  return out
}
