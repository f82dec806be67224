import { jsonEncoders } from '../../../src/adapters/kafka/encode.ts'
import { KafkaOutlet } from '../../../src/adapters/kafka/outlet.ts'
import { KafkaSource } from '../../../src/adapters/kafka/source.ts'
import { OUTPUTS, topicNames, type Output } from '../../../src/adapters/kafka/topics.ts'
import type { Outlet, Page } from '../../../src/ports/outlet.ts'
import type { RecordSource } from '../../../src/ports/source.ts'
import type { Topic } from '../../../src/ports/types.ts'
import { outletConformance, type OutletHarness } from '../../conformance/outlet.ts'
import { sourceSuite, type Made } from '../../conformance/source.ts'
import { realClock } from '../../support/clock.ts'
import { until, type Place } from './place.ts'

/** The ports' contracts, kept against a real broker. */
export function conformanceTests(here: Place): void {
  sourceSuite('Kafka topics', (topics) => source(here, topics))
  outletConformance('Kafka', () => outlet(here))
}

async function source(here: Place, topics: Readonly<Record<Topic, readonly string[]>>): Promise<Made> {
  const prefix = here.name('in')
  const real = (name: Topic): Topic => `${prefix}.${name}`
  const names = Object.keys(topics)
  await here.createTopics(names.map(real))
  for (const name of names) await here.send(real(name), topics[name] ?? [])
  const opened = new KafkaSource({
    access: here.access,
    clock: realClock,
    groupId: prefix,
    memberName: 'm',
    topics: names.map(real),
    onCrash: (error) => {
      throw error
    },
  })
  return {
    source: renamed(opened, names, real),
    append: (topic, text) => here.send(real(topic), [text]),
    dispose: async () => {},
  }
}

/** A source whose topics have the suite's names, and that joins by itself. */
function renamed(source: KafkaSource, names: readonly Topic[], real: (name: Topic) => Topic): RecordSource {
  const rename = <T>(of: Readonly<Record<Topic, T>>, name: (topic: Topic) => Topic): Record<Topic, T> =>
    Object.fromEntries(names.map((topic) => [topic, of[name(topic)] as T]))
  let joined: Promise<void> | undefined
  return {
    own: (on) => (joined = source.own(on)),
    bounds: async (p) => rename(await source.bounds(p), real),
    poll: async (p, from, limit, waitMs) => {
      await (joined ??= source.own({ given: () => {}, taken: () => {}, alive: () => {} }))
      const asked = Object.fromEntries(names.map((name) => [real(name), from[name] as number]))
      const { records, rest } = await source.poll(p, asked, limit, waitMs)
      return { records: rename(records, real), rest: rename(rest, real) }
    },
    close: () => source.close(),
  }
}

async function outlet(here: Place): Promise<OutletHarness> {
  const app = here.name('app')
  await here.createApp(app)
  const names = topicNames(app)
  const opened: KafkaOutlet[] = []
  const written: Record<Output, number> = {
    'segment-changed': 0,
    'user-segments': 0,
    'segment-catalog': 0,
    'dead-letter': 0,
    journal: 0,
  }
  const shown = async ({ revisions }: Page): Promise<void> => {
    for (const r of revisions) {
      written['segment-changed'] += r.transitions.length
      written['user-segments'] += r.memberships.length
      written['dead-letter'] += r.deadLetters.length
      written['segment-catalog'] += r.catalog.length
      written.journal++
    }
    for (const output of OUTPUTS)
      await until(
        'the page can be read',
        async () => (await here.committed(names[output])).length >= written[output],
      )
  }
  const open = (): Outlet => {
    const made = new KafkaOutlet({
      access: here.access,
      clock: realClock,
      app,
      encode: jsonEncoders(app),
    })
    opened.push(made)
    return settled(made, shown)
  }
  const values = async (topic: Topic): Promise<string[]> =>
    (await here.committed(topic)).map(({ value }) => value?.toString('utf8') ?? '')
  return {
    outlet: open,
    seen: async () => {
      const [changed, now, dead, catalog] = await Promise.all([
        values(names['segment-changed']),
        values(names['user-segments']),
        here.committed(names['dead-letter']),
        values(names['segment-catalog']),
      ])
      return {
        transitions: changed.map((text) => (JSON.parse(text) as { id: string }).id),
        memberships: now.map((text) => (JSON.parse(text) as { userId: string }).userId),
        deadLetters: dead.map(({ headers }) => Number(headers?.['__connect.errors.offset']?.toString())),
        segments: catalog.map((text) => (JSON.parse(text) as { segment: string }).segment),
      }
    },
    close: async () => {
      for (const each of opened) await each.close()
    },
  }
}

/**
 * The broker acknowledges a commit before its markers are in every partition; nothing but a fence waits for that. The suite
 * looks right behind a page, and is shown it.
 */
function settled(outlet: KafkaOutlet, shown: (page: Page) => Promise<void>): Outlet {
  return {
    fence: (p) => outlet.fence(p),
    tail: (fence) => outlet.tail(fence),
    journal: (p, after) => outlet.journal(p, after),
    publish: async (fence, page) => {
      await outlet.publish(fence, page)
      await shown(page)
    },
  }
}
