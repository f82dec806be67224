import { join } from 'node:path'
import { EmbeddedOutlet } from './adapters/embedded/outlet.ts'
import { openRunFolder } from './adapters/embedded/run-folder.ts'
import { EmbeddedStore } from './adapters/embedded/store.ts'
import { openBundleFiles } from './adapters/files/bundles.ts'
import type { Encoded } from './adapters/kafka/encode.ts'
import { JournalReader } from './adapters/kafka/journal.ts'
import { openPublished } from './adapters/kafka/published.ts'
import { PartitionReader } from './adapters/kafka/reader.ts'
import { TopicSource } from './adapters/kafka/topic-source.ts'
import { topicNames } from './adapters/kafka/topics.ts'
import { systemClock } from './adapters/system/clock.ts'
import { CheckedOutlet, type Published } from './app/check-published.ts'
import { withKnownSchemas } from './app/known-schemas.ts'
import type { ReplayOptions } from './app/replay.ts'
import type { Mapping } from './domain/events/mapping.ts'
import type { Outlet } from './ports/outlet.ts'
import type { StateStore } from './ports/store.ts'
import type { Telemetry } from './ports/telemetry.ts'
import type { Task } from './ports/types.ts'
import { inputTopics, partitionsOf, taskOptionsOf } from './live.ts'
import { kafkaAccess } from './live-access.ts'
import type { LiveConfig } from './live-config.ts'
import { openFormats } from './live-schemas.ts'

export interface OpenLiveReplay {
  readonly config: LiveConfig
  readonly mappings: ReadonlyMap<string, Mapping>
  readonly telemetry: Telemetry
  /** Holds a run folder for each task afterwards. */
  readonly scratch: string
}

/** Doors of one task: its topics and journal, a scratch run that compares. */
export interface TaskPast {
  readonly doors: ReplayOptions
  readonly checked: CheckedOutlet
  close(): Promise<void>
}

/** The past of an app on Kafka, task by task; nothing is written there. */
export interface LiveReplay {
  readonly partitions: number
  /** To be closed before the next. */
  open(task: Task): Promise<TaskPast>
  close(): Promise<void>
}

export async function openLiveReplay(o: OpenLiveReplay): Promise<LiveReplay> {
  const { config, mappings, telemetry, scratch } = o
  const access = kafkaAccess(config)
  const topics = inputTopics(config)
  const { bundle } = await openBundleFiles().load(config.model)
  const partitions = await partitionsOf(access, topics)
  const formats = await openFormats(config, systemClock, telemetry)
  const optionsOf = taskOptionsOf({ config, mappings, bundle, partitions, formats })
  const names = topicNames(config.app)
  const reader = new PartitionReader(access)
  const journalReader = new JournalReader(reader, names.journal)
  const journal = { journal: (p: Task, after: number) => journalReader.lines(p, after) }

  const published = async (task: Task): Promise<Published[]> => {
    const { encode } = formats
    const moves = await openPublished(reader, names['segment-changed'], task)
    const letters = await openPublished(reader, names['dead-letter'], task)
    const live = { origin: 'live' } as const
    return [
      {
        name: 'segment-changed',
        ...moves,
        of: ({ transitions }) =>
          transitions.flatMap((t) =>
            t.origin === 'backfill'
              ? []
              : [bytesOf(encode.transition(t.origin === 'replay' ? { ...t, ...live } : t))],
          ),
      },
      {
        name: 'dead-letter',
        ...letters,
        of: ({ deadLetters }) => deadLetters.map((d) => bytesOf(encode.deadLetter(d))),
      },
    ]
  }

  return {
    partitions,
    open: async (task) => {
      const records = new TopicSource(access, topics)
      const { avro, schemas } = formats
      const source = schemas === undefined ? records : withKnownSchemas(records, avro, schemas)
      const folder = await openRunFolder(join(scratch, `task-${task}`), { create: true })
      const outlet = new EmbeddedOutlet(folder, config.app)
      const checked = new CheckedOutlet(outletOf(outlet), await published(task))
      const store = storeOf(new EmbeddedStore(folder))
      const options = { ...optionsOf(task), tickAllowanceMs: undefined }
      return {
        checked,
        doors: { journal, options, ports: { source, outlet: checked, store, clock: systemClock, telemetry } },
        close: async () => {
          await source.close()
          await folder.close()
        },
      }
    },
    close: () => reader.close(),
  }
}

/** A run folder has one task, 0, whose part the task plays that is computed again. */
const FOLDER_TASK: Task = 0

function outletOf(outlet: Outlet): Outlet {
  return {
    fence: () => outlet.fence(FOLDER_TASK),
    tail: (fence) => outlet.tail(fence),
    publish: (fence, page) => outlet.publish(fence, page),
    journal: (_, after) => outlet.journal(FOLDER_TASK, after),
  }
}

function storeOf(store: StateStore): StateStore {
  return {
    take: (fence, token, anew) => store.take(fence, token, anew),
    read: (_, ...asked) => store.read(FOLDER_TASK, ...asked),
    checkpoint: (_, sealed) => store.checkpoint(FOLDER_TASK, sealed),
  }
}

/** The value that a record is written with, as what is published shows it: none is empty there. */
const bytesOf = ({ value }: Encoded): Uint8Array => Buffer.from(value ?? '')
