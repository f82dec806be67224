import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Task } from '../../src/ports/types.ts'
import type { ChaosPoint } from './points.ts'

/** What one process is told to do: the argument of `worker.mjs`. */
export interface Life {
  /** Path of the consumer's config. */
  readonly config: string
  /** Records folded a second and task, once it has published. */
  readonly rate: number
  /** Records of one poll: few make a low rate an even one. Default: those of a second, at most 100. */
  readonly pollRecords?: number | undefined
  readonly rebuild?: boolean | undefined
  /** Connections to these ports of the loopback go to others instead. */
  readonly through?: Readonly<Record<number, number>> | undefined
  /** The signal it gives itself at the n-th passing of a point. */
  readonly at?:
    | { readonly point: ChaosPoint; readonly nth: number; readonly signal: 'SIGKILL' | 'SIGSTOP' }
    | undefined
}

/** What a process tells; `at` is Unix milliseconds. */
export type Told =
  /** It hears signals. */
  | { readonly type: 'up' }
  | { readonly type: 'fenced' | 'tail-read' | 'published'; readonly task: Task; readonly at: number }
  | { readonly type: 'signal'; readonly point: ChaosPoint; readonly at: number }
  | {
      readonly type: 'notice'
      readonly task: Task
      readonly level: string
      readonly code?: string
      readonly text: string
    }

/** One life of a member. */
export interface Living {
  readonly child: ChildProcess
  /** It hears signals, or is gone. */
  readonly up: Promise<void>
  /** The signal that ended it, or its exit code. */
  readonly ended: Promise<NodeJS.Signals | number>
}

const WORKER = join(import.meta.dirname, 'worker.mjs')

export function live(life: Life, tell: (told: Told) => void): Living {
  const child = spawn(process.execPath, [WORKER, JSON.stringify(life)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let isUp = (): void => undefined
  const up = new Promise<void>((done) => {
    isUp = done
  })
  createInterface({ input: child.stdout }).on('line', (line) => {
    // the last line of a process that was killed may be cut
    if (!line.endsWith('}')) return
    isUp()
    tell(JSON.parse(line) as Told)
  })
  child.once('close', () => isUp())
  const ended = new Promise<NodeJS.Signals | number>((done, failed) => {
    child.on('close', (code, signal) => done(signal ?? code ?? 1)).on('error', failed)
  })
  return { child, up, ended }
}
