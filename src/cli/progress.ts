import cliProgress from 'cli-progress'
import { duration, number } from '../render/format.ts'

export interface Progress {
  /** `done` of the total are complete. */
  readonly at: (done: number) => void
  /** Takes the bar away. Idempotent. */
  readonly stop: () => void
}

const SILENT: Progress = { at: () => {}, stop: () => {} }

/** A bar on stderr. Where stderr is no terminal (a file, a pipe, CI) nothing is written. */
export function openProgress(title: string, total: number, unit = ''): Progress {
  if (!process.stderr.isTTY) return SILENT
  const bar = new cliProgress.SingleBar(
    {
      stream: process.stderr,
      clearOnComplete: true,
      hideCursor: true,
      fps: 10,
      barsize: 24,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      format: (options, params, payload: { title?: string }) => {
        const full = Math.round(params.progress * (options.barsize ?? 24))
        const cells = '█'.repeat(full).padEnd(options.barsize ?? 24, '░')
        const left =
          params.eta > 0 && Number.isFinite(params.eta) ? ` · ${duration(params.eta * 1000)} left` : ''
        return ` ${payload.title ?? ''}  ${cells}  ${number(params.value)} of ${number(params.total)} ${unit}${left}`
      },
    },
    cliProgress.Presets.shades_classic,
  )
  bar.start(total, 0, { title })
  let running = true
  return {
    at: (done) => {
      if (running) bar.update(done)
    },
    stop: () => {
      if (running) bar.stop()
      running = false
    },
  }
}
