import type { Admin } from 'kafkajs'
import { SECOND_MS } from '../../domain/base/duration.ts'
import { fail } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Ms, Task, Topic } from '../../ports/types.ts'
import { newKafka, type KafkaAccess } from './client.ts'
import { kafkaFailure } from './failure.ts'
import { loadKafkajs } from './repairs.ts'
import type { FoundTopic, TopicSpec, TopicStep } from './topics.ts'

const POLL_MS: Ms = 100
const APPEAR_MS: Ms = 20 * SECOND_MS
/** Of a described setting: set on the topic itself. */
const DYNAMIC_TOPIC_CONFIG = 1

/** A member of a group, as the brokers know it. */
export interface Owner {
  readonly clientId: string
  readonly host: string
}

/** Looks at topics and groups, and carries out a plan for them. */
export class KafkaAdmin {
  readonly #admin: Admin
  readonly #clock: Clock

  constructor(access: KafkaAccess, clock: Clock) {
    this.#admin = newKafka(access).admin()
    this.#clock = clock
  }

  /** Partitions by topic; those that do not exist, or that this user may not see, are left out. Asks for no more than Describe. */
  async partitionCounts(names: readonly Topic[]): Promise<Map<Topic, number>> {
    return this.#connected(`look at topics ${names.join(', ')}`, async (admin) => {
      const all = new Set(await admin.listTopics())
      const topics = names.filter((name) => all.has(name))
      if (topics.length === 0) return new Map()
      const metadata = await admin.fetchTopicMetadata({ topics })
      return new Map(metadata.topics.map(({ name, partitions }) => [name, partitions.length]))
    })
  }

  /** Topics as they are; those that do not exist are left out. */
  async find(names: readonly Topic[]): Promise<Map<Topic, FoundTopic>> {
    return this.#connected('look at topics', async (admin) => {
      const all = new Set(await admin.listTopics())
      const there = names.filter((name) => all.has(name))
      if (there.length === 0) return new Map()
      const { topics } = await admin.fetchTopicMetadata({ topics: there })
      const type = loadKafkajs().ConfigResourceTypes.TOPIC
      const { resources } = await admin.describeConfigs({
        includeSynonyms: false,
        resources: there.map((name) => ({ type, name })),
      })
      const configs = new Map(resources.map((r) => [r.resourceName, r.configEntries]))
      return new Map(
        topics.map(({ name, partitions }) => {
          const entries = configs.get(name) ?? []
          const text = (some: typeof entries): Record<string, string> =>
            Object.fromEntries(some.map((e) => [e.configName, e.configValue]))
          const own = entries.filter(
            (e) => (e as { configSource?: number }).configSource === DYNAMIC_TOPIC_CONFIG,
          )
          const found: FoundTopic = {
            partitions: partitions.length,
            replication: Math.min(...partitions.map((p) => p.replicas.length)),
            config: text(entries),
            own: text(own),
          }
          return [name, found]
        }),
      )
    })
  }

  /** Carries out a plan and waits until its topics are there; refuses one with a step that no step can mend. */
  async apply(steps: readonly TopicStep[]): Promise<void> {
    const refused = steps.filter((step) => step.type === 'refuse')
    if (refused.length > 0)
      fail('config-invalid', refused.map(({ name, why }) => `topic ${name}: ${why}`).join('; '))
    await this.#create(steps.flatMap((step) => (step.type === 'create' ? [step.spec] : [])))
    for (const step of steps) if (step.type === 'configure') await this.#configure(step.name, step.config)
  }

  /** Who holds which partition of a topic by a consumer group. */
  async owners(groupId: string, topic: Topic): Promise<Map<Task, Owner>> {
    return this.#connected(`look at group ${groupId}`, async (admin) => {
      const { groups } = await admin.describeGroups([groupId])
      const { MemberAssignment } = loadKafkajs().AssignerProtocol
      const owners = new Map<Task, Owner>()
      for (const { clientId, clientHost, memberAssignment } of groups[0]?.members ?? []) {
        if (memberAssignment.length === 0) continue
        const assigned = MemberAssignment.decode(memberAssignment)?.assignment[topic] ?? []
        for (const p of assigned) owners.set(p, { clientId, host: clientHost.replace(/^\//, '') })
      }
      return owners
    })
  }

  async close(): Promise<void> {
    await this.#admin.disconnect().catch(() => undefined)
  }

  async #create(specs: readonly TopicSpec[]): Promise<void> {
    if (specs.length === 0) return
    await this.#connected('create topics', (admin) =>
      admin.createTopics({
        // waiting for leaders may fail for topics that only some brokers know yet
        waitForLeaders: false,
        topics: specs.map(({ name, partitions, replication, config }) => ({
          topic: name,
          numPartitions: partitions,
          replicationFactor: replication,
          configEntries: Object.entries(config).map(([key, value]) => ({ name: key, value })),
        })),
      }),
    )
    const until = this.#clock.elapsed() + APPEAR_MS
    for (;;) {
      const missing = await this.#withoutLeader(specs)
      if (missing.length === 0) return
      if (this.#clock.elapsed() > until) fail('unreachable', `topics without a leader: ${missing.join(', ')}`)
      await this.#clock.sleep(POLL_MS)
    }
  }

  /** Topics that cannot be read yet: the metadata name a leader before it knows of it. */
  async #withoutLeader(specs: readonly TopicSpec[]): Promise<Topic[]> {
    const names = specs.map(({ name }) => name)
    try {
      const { topics } = await this.#admin.fetchTopicMetadata({ topics: names })
      const led = new Map(topics.map((t) => [t.name, t.partitions.filter((p) => p.leader >= 0).length]))
      const missing = specs.filter(({ name, partitions }) => led.get(name) !== partitions)
      if (missing.length === 0) for (const name of names) await this.#admin.fetchTopicOffsets(name)
      return missing.map(({ name }) => name)
    } catch {
      return names
    }
  }

  /** The request replaces all that is set on a topic: what is there already goes along. */
  async #configure(name: Topic, config: Readonly<Record<string, string>>): Promise<void> {
    const own = (await this.find([name])).get(name)?.own ?? {}
    const type = loadKafkajs().ConfigResourceTypes.TOPIC
    const configEntries = Object.entries({ ...own, ...config }).map(([key, value]) => ({ name: key, value }))
    await this.#connected(`configure topic ${name}`, (admin) =>
      admin.alterConfigs({ validateOnly: false, resources: [{ type, name, configEntries }] }),
    )
  }

  async #connected<T>(doing: string, work: (admin: Admin) => Promise<T>): Promise<T> {
    try {
      await this.#admin.connect()
      return await work(this.#admin)
    } catch (error) {
      throw kafkaFailure(error, doing)
    }
  }
}
