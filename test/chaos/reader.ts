import { execFileSync, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Topic } from '../../src/ports/types.ts'

/** A published record as librdkafka's read_committed reader sees it. */
export interface Seen {
  readonly partition: number
  readonly offset: number
  readonly value: string
}

/** `-E`: a broker that goes away does not end it. */
const COMMITTED = [
  '-C',
  '-q',
  '-E',
  '-o',
  'beginning',
  '-X',
  'isolation.level=read_committed',
  '-f',
  '%p %o %s\n',
]

/** Is kcat there? Where `CI` is set it must be. */
export function kcatMissing(): string | undefined {
  try {
    execFileSync('kcat', ['-V'], { stdio: 'ignore' })
    return undefined
  } catch {
    const why = 'kcat is not installed: nothing reads what is published but the client that wrote it'
    if (process.env['CI']) throw new Error(why)
    process.stdout.write(`${why}\n`)
    return why
  }
}

/** Reads a topic from its beginning while it is written. */
export class Watcher {
  readonly seen: Seen[] = []
  readonly #stop: () => Promise<void>

  constructor(brokers: readonly string[], topic: Topic) {
    const child = spawn('kcat', ['-b', brokers.join(','), '-t', topic, '-u', ...COMMITTED], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    createInterface({ input: child.stdout }).on('line', (line) => this.seen.push(seenOf(line)))
    const ended = new Promise<void>((done) => child.on('close', () => done()))
    this.#stop = async () => {
      child.kill('SIGTERM')
      await ended
    }
  }

  stop(): Promise<void> {
    return this.#stop()
  }
}

/** All that is committed in a topic by now. */
export function readAll(brokers: readonly string[], topic: Topic): Seen[] {
  const out = execFileSync('kcat', ['-b', brokers.join(','), '-t', topic, '-e', ...COMMITTED], {
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  })
  return out.split('\n').slice(0, -1).map(seenOf)
}

function seenOf(line: string): Seen {
  const [, partition, offset, value] = /^(\d+) (\d+) (.*)$/.exec(line) ?? []
  return { partition: Number(partition), offset: Number(offset), value: value ?? '' }
}
