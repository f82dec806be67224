import { once } from 'node:events'
import { openProgress, type Progress } from './progress.ts'

/** What a command may do to the outside: data on stdout, words on stderr, progress where a person looks. */
export interface Cli {
  /** Text of the result, to stdout; resolves when more may be written. */
  write(text: string): Promise<void>
  /** One line of result. */
  print(line: string): Promise<void>
  /** One line for the person, to stderr. */
  note(line: string): void
  /** A bar on stderr if it is a terminal, nothing otherwise. */
  progress(title: string, total: number, unit?: string): Progress
}

export function processCli(): Cli {
  const write = async (text: string): Promise<void> => {
    if (!process.stdout.write(text)) await once(process.stdout, 'drain')
  }
  return {
    write,
    print: (line) => write(`${line}\n`),
    note: (line) => void process.stderr.write(`${line}\n`),
    progress: openProgress,
  }
}

/** A reader that has seen enough (`| head`) is no failure: the process ends quietly. */
export function endOnClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0)
      throw error
    })
  }
}
