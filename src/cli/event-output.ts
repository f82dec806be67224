import { Option, type Command } from 'commander'
import type { EventWriter, Written } from '../adapters/kafka/event-writer.ts'
import { eventLines, type LineSink } from '../app/event-lines.ts'
import { fail } from '../errors.ts'
import { openEventWriter } from '../live-events.ts'
import type { EventSink } from '../ports/event-sink.ts'
import { bytes, counted, duration, number } from '../render/format.ts'
import type { Cli } from './cli.ts'
import { readLayers } from './live-file.ts'
import { integer } from './options.ts'
import { openTextFile } from './text-file.ts'

export interface OutputFlags {
  readonly out?: string
  readonly to?: 'kafka'
  readonly config?: string
  readonly topic?: string
  readonly format?: 'avro' | 'json'
  readonly rate?: number
  readonly skip?: number
}

/** Where events go: a file, or a topic. */
export interface EventOutput {
  readonly sink: EventSink
  /** Of files that lie beside the events, without an ending. */
  readonly name: string
  /** The file is complete and has its name, or all is acknowledged. */
  done(): Promise<Written | undefined>
  /** Gives up, unless it is done: a file is taken away; what a topic has acknowledged stays. */
  discard(): Promise<void>
}

const KAFKA_FLAGS = ['config', 'topic', 'format', 'rate', 'skip'] as const
const MAX_RATE = 10_000_000

/** Adds what `openEventOutput` reads. */
export function withOutputOptions(command: Command, file: string): Command {
  return command
    .option('--out <file>', file)
    .addOption(new Option('--to <where>', 'instead of a file').choices(['kafka']))
    .option('--config <file>', 'kafka: the consumer’s config, which names brokers, registry and app')
    .option('--topic <name>', 'kafka: default <app>.events.v1')
    .addOption(
      new Option('--format <name>', 'kafka: default avro where the config names a registry').choices([
        'avro',
        'json',
      ]),
    )
    .option('--rate <n>', 'kafka: events a second, at most', integer(1, MAX_RATE))
    .option(
      '--skip <n>',
      'kafka: go on behind so many events, which a run that broke off has written',
      integer(0, Number.MAX_SAFE_INTEGER),
    )
}

/**
 * Opens it; trouble shows at once. Throws `usage` where file and topic are not told apart. `through`: what the lines of a file
 * go through.
 */
export async function openEventOutput(
  cli: Cli,
  flags: OutputFlags,
  through = (lines: LineSink): LineSink => lines,
): Promise<EventOutput> {
  const { out, to, config, topic, format, rate, skip } = flags
  if ((out === undefined) === (to === undefined))
    return fail('usage', 'expected either --out FILE or --to kafka')
  if (out !== undefined) {
    const stray = KAFKA_FLAGS.find((flag) => flags[flag] !== undefined)
    if (stray !== undefined) fail('usage', `--${stray} belongs to --to kafka`)
    const file = await openTextFile(out)
    const done = (): Promise<undefined> => file.done().then(() => undefined)
    return { sink: eventLines(through(file)), name: out, done, discard: () => file.discard() }
  }
  if (config === undefined) return fail('usage', '--to kafka: expected --config FILE')
  const live = readLayers(config).config
  const writer = await openEventWriter({ config: live, topic, format, skip, eventsPerSecond: rate })
  const release = tellWhenAsked(cli, writer)
  return {
    sink: writer,
    name: writer.written.topic,
    done: () => writer.close(),
    discard: async () => {
      release()
      await writer.abandon()
    },
  }
}

/** Whoever breaks off learns where to go on. */
function tellWhenAsked(cli: Cli, writer: EventWriter): () => void {
  const onSignal = (): void => {
    cli.note(`broken off: ${writer.goOn}`)
    process.exit(130)
  }
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
  return () => void process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
}

/** What was written to a topic, for a person. */
export function noteWritten(
  cli: Cli,
  { records, bytes: size, partitions, topic }: Written,
  ms: number,
): void {
  const rate = number(records / Math.max(ms / 1000, 0.001))
  cli.note(`${counted(records, 'record')} → ${topic}, ${bytes(size)}, ${rate}/s (${duration(ms)})`)
  cli.note(`  by partition: ${partitions.map((count, p) => `${p} ${number(count)}`).join(' · ')}`)
}
