import { EventWriter } from './adapters/kafka/event-writer.ts'
import { eventsTopic } from './adapters/kafka/topics.ts'
import { RegistryEncoders } from './adapters/registry/encoders.ts'
import { systemClock } from './adapters/system/clock.ts'
import type { Event } from './domain/events/event.ts'
import { assert } from './errors.ts'
import { kafkaAccess } from './live-access.ts'
import { formatOf, type LiveConfig } from './live-config.ts'

export interface OpenEventWriter {
  readonly config: LiveConfig
  /** Absent: the app's own events topic. */
  readonly topic?: string | undefined
  readonly format?: 'avro' | 'json' | undefined
  readonly skip?: number | undefined
  readonly eventsPerSecond?: number | undefined
}

/** Opens the events topic of an app for writing; registers the schema of Avro events. */
export async function openEventWriter(open: OpenEventWriter): Promise<EventWriter> {
  const { config, skip, eventsPerSecond } = open
  const topic = open.topic ?? eventsTopic(config.app)
  const format = formatOf(config, '--format', open.format)
  const encode = format === 'avro' ? await avroEvents(config, topic) : jsonEvent
  const access = kafkaAccess(config)
  return EventWriter.open({ access, clock: systemClock, topic, encode, skip, eventsPerSecond })
}

const jsonEvent = (event: Event): Buffer => Buffer.from(JSON.stringify(event))

async function avroEvents({ schemaRegistry }: LiveConfig, topic: string): Promise<(event: Event) => Buffer> {
  assert(schemaRegistry !== undefined, 'Avro has a registry')
  return new RegistryEncoders(schemaRegistry, systemClock).event(topic)
}
