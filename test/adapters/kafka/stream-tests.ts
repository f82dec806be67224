import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { runPaths } from '../../../src/adapters/embedded/run-folder.ts'
import { topicNames } from '../../../src/adapters/kafka/topics.ts'
import type { TaskOptions } from '../../../src/app/task/options.ts'
import type { Topic } from '../../../src/ports/types.ts'
import { tempFolder } from '../../cli/run.ts'
import { live } from '../../crash/life.ts'
import { makeShop, type Shop } from '../../crash/shop.ts'
import { kcat, liveOnKafka, type KafkaLife } from './lives.ts'
import type { Place } from './place.ts'

const TIMEOUT_MS = 240_000
const PAGE = { maxRecords: 80, maxOutputs: 80, maxAgeMs: 20, maxQuietAgeMs: 200 }
const OPTIONS: Partial<TaskOptions> = { revisionSteps: 40, page: PAGE, checkpointIntervalMs: 100 }

const linesOf = (text: string): string[] => text.split('\n').slice(0, -1)

/** Transitions as both doors must agree on them: all but where their records lay, by user and sequence. */
function agreed(lines: readonly string[]): Record<string, unknown>[] {
  const moves = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  for (const move of moves) for (const name in move) if (name.startsWith('source')) delete move[name]
  const key = (move: Record<string, unknown>): string =>
    `${String(move['userId'])} ${String(move['sequence']).padStart(6, '0')}`
  return moves.sort((a, b) => (key(a) < key(b) ? -1 : 1))
}

/** The whole way on Kafka: the same moves as an embedded run, each once, whatever is killed. */
export function streamTests(here: Place): void {
  const folder = tempFolder()

  /** The inputs of the shop as topics, and a life that reads them. */
  async function onKafka(shop: Shop, dir: string): Promise<KafkaLife> {
    const app = here.name('shop')
    await here.createApp(app)
    const texts: Record<Topic, string> = {
      control: readFileSync(runPaths(join(folder, 'embedded')).control, 'utf8'),
    }
    for (const { topic, path } of shop.asked.inputs) {
      const bytes = readFileSync(path)
      texts[topic] = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
    }
    const topics: Record<Topic, Topic> = {}
    const ends: Record<Topic, number> = {}
    for (const [name, text] of Object.entries(texts)) {
      const topic = `${app}.${name}`
      topics[name] = topic
      await here.createTopics([topic])
      const lines = linesOf(text)
      for (let i = 0; i < lines.length; i += 1000) await here.send(topic, lines.slice(i, i + 1000))
      ends[topic] = lines.length
    }
    return { dir, asked: shop.asked, brokers: here.server.brokers, app, topics, ends, options: OPTIONS }
  }

  describe('a stream on Kafka', () => {
    test(
      'gives the moves of the embedded run, each once, after any number of kills',
      async () => {
        const shop = await makeShop(join(folder, 'shop'))
        const embedded = join(folder, 'embedded')
        const startedAt = Date.UTC(2025, 5, 1)
        await live({ dir: embedded, asked: shop.asked, commands: shop.commands, startedAt, options: OPTIONS })
        const paths = runPaths(embedded)
        const expected = agreed(linesOf(readFileSync(paths.segmentChanged, 'utf8')))
        expect(expected.length).toBeGreaterThan(300)
        const life = await onKafka(shop, join(folder, 'kafka'))
        const kills: KafkaLife['kill'][] = [
          { point: 'published', nth: 4 },
          { point: 'page-closed', nth: 4 },
          { point: 'checkpoint-writing', nth: 2 },
          { point: 'refolded-one', nth: 2 },
          { point: 'published', nth: 3 },
          { point: 'fenced', nth: 1 },
        ]
        let killed = 0
        for (const kill of kills) if (!(await liveOnKafka({ ...life, kill }))) killed++
        for (const afterMs of [900, 1000]) if (!(await liveOnKafka(life, afterMs))) killed++
        expect(killed).toBeGreaterThanOrEqual(6)
        expect(await liveOnKafka(life)).toBe(true)
        const names = topicNames(life.app)
        // a commit is acknowledged before its markers are there; a fence waits for them
        const fenced = await here.transactional(`${life.app}.0`)
        await (await fenced.transaction()).abort()
        await fenced.disconnect()
        const seen = (await here.committed(names['segment-changed'])).map(({ value }) => String(value))
        expect(agreed(seen)).toEqual(expected)
        const dead = await here.committed(names['dead-letter'])
        expect(dead).toHaveLength(shop.broken)
        // where everyone is now: the last word on each user
        const now = (lines: readonly string[]): Map<unknown, unknown> =>
          new Map(lines.map((line) => [(JSON.parse(line) as { userId: unknown }).userId, line]))
        const users = (await here.committed(names['user-segments'])).map(({ value }) => String(value))
        expect(now(users)).toEqual(now(linesOf(readFileSync(paths.userSegments, 'utf8'))))
        // the reader for the question "each once" is not the client that wrote it
        const foreign = kcat(here.server.brokers, names['segment-changed'])
        if (foreign === undefined) process.stdout.write('kcat is not installed: not read by librdkafka\n')
        else expect(foreign).toEqual(seen)
        process.stdout.write(`a stream on Kafka: ${killed} kills, ${seen.length} moves, 0 lost, 0 doubled\n`)
      },
      TIMEOUT_MS,
    )
  })
}
