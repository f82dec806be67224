import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { TaskOptions } from '../../src/app/task/options.ts'
import type { Asked } from '../../src/first-start.ts'
import type { Point } from '../../src/ports/telemetry.ts'

/** What one process is told to do: the argument of `worker.mjs`. */
export interface Life {
  readonly dir: string
  readonly asked: Asked
  /** Command lines behind the first start's promote. */
  readonly commands: string
  readonly startedAt: number
  readonly rollBytes?: number | undefined
  /** Overrides of how the run works; nothing of it may decide results but `revisionSteps`. */
  readonly options: Partial<TaskOptions>
  /** Kill yourself at the n-th passing of this point. */
  readonly kill?: { readonly point: Point; readonly nth: number } | undefined
}

export type End =
  | { readonly type: 'killed' }
  /** It came to the end of its inputs; how often each point was passed. */
  | { readonly type: 'done'; readonly passed: Readonly<Record<string, number>> }

const WORKER = join(import.meta.dirname, 'worker.mjs')

/** Lives one life to its end; from outside it is killed after `afterMs`, if it is still there. Any other end throws. */
export async function live(life: Life, afterMs?: number): Promise<End> {
  const child = spawn(process.execPath, [WORKER, JSON.stringify(life)], { stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  const timer = afterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), afterMs)
  try {
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((ended, failed) => {
      child.on('close', (...end) => ended(end)).on('error', failed)
    })
    if (signal === 'SIGKILL') return { type: 'killed' }
    if (code !== 0 || err !== '') throw new Error(`the process ended with ${String(code)}:\n${err}`)
    return { type: 'done', passed: JSON.parse(out) as Record<string, number> }
  } finally {
    clearTimeout(timer)
    child.kill('SIGKILL')
  }
}
