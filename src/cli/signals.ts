import type { Cli } from './cli.ts'

/** An orderly end must not take longer; what it leaves undone is folded again at the next start. */
const END_WITHIN_MS = 9_000

/**
 * SIGINT and SIGTERM ask for an orderly end, once; a second one ends the process at once (130), and so does an end that takes
 * too long (1). Neither loses anything. Returns what takes the signals back.
 */
export function onSignals(cli: Cli, end: () => void, words?: string): () => void {
  let late: NodeJS.Timeout | undefined
  const onSignal = (): void => {
    if (late !== undefined) process.exit(130)
    late = setTimeout(() => {
      cli.note(
        `the end took longer than ${END_WITHIN_MS / 1000} s and was cut short: nothing is lost, the next start folds again what is not stored`,
      )
      process.exit(1)
    }, END_WITHIN_MS)
    if (words !== undefined) cli.note(words)
    end()
  }
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  return () => {
    clearTimeout(late)
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }
}
