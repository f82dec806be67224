import { execFileSync, spawn } from 'node:child_process'
import { join } from 'node:path'
import type { TaskOptions } from '../../../src/app/task/options.ts'
import type { Asked } from '../../../src/first-start.ts'
import type { Point } from '../../../src/ports/telemetry.ts'
import type { Offset, Topic } from '../../../src/ports/types.ts'

/** What one process is told to do: the argument of `worker.mjs`. */
export interface KafkaLife {
  readonly dir: string
  readonly asked: Asked
  readonly brokers: readonly string[]
  readonly app: string
  /** Names of the run's inputs on the broker. */
  readonly topics: Readonly<Record<Topic, Topic>>
  /** It ends when it has folded up to here. */
  readonly ends: Readonly<Record<Topic, Offset>>
  readonly options: Partial<TaskOptions>
  readonly kill?: { readonly point: Point; readonly nth: number } | undefined
}

/** Lives one life; true where it came to its end, false where it was killed. Any other end throws. */
export async function liveOnKafka(life: KafkaLife, afterMs?: number): Promise<boolean> {
  const worker = join(import.meta.dirname, 'worker.mjs')
  const child = spawn(process.execPath, [worker, JSON.stringify(life)], { stdio: ['ignore', 'pipe', 'pipe'] })
  let err = ''
  child.stdout.resume()
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  const timer = afterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), afterMs)
  try {
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((ended, failed) => {
      child.on('close', (...end) => ended(end)).on('error', failed)
    })
    if (signal === 'SIGKILL') return false
    if (code !== 0) throw new Error(`the process ended with ${String(code)}:\n${err}`)
    return true
  } finally {
    clearTimeout(timer)
    child.kill('SIGKILL')
  }
}

/** What librdkafka's read_committed reader sees of a partition, one text a record; undefined where kcat is not installed. */
export function kcat(brokers: readonly string[], topic: Topic): string[] | undefined {
  const how = ['-C', '-e', '-q', '-o', 'beginning', '-p', '0', '-X', 'isolation.level=read_committed']
  try {
    const out = execFileSync('kcat', ['-b', brokers.join(','), '-t', topic, ...how, '-f', '%s\n'], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    })
    return out.split('\n').slice(0, -1)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
