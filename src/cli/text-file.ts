import { LineWriter } from '../adapters/files/line-writer.ts'

/** A file in the making. It gets its name only when it is complete. */
export interface TextFile {
  write(text: string): Promise<void>
  /** Completes the file and gives it its name. */
  done(): Promise<void>
  /** Takes away what was written, unless it is done. */
  discard(): Promise<void>
}

/**
 * Opens `path` for writing, gzipped if it ends in `.gz`. Trouble shows at once: rejects with `file-missing` (its folder),
 * `usage`, `disk-full` or `disk-error`.
 */
export async function openTextFile(path: string): Promise<TextFile> {
  const writer = new LineWriter(path, { stdout: process.stdout, evenEmpty: true })
  await writer.ready()
  return {
    write: (text) => writer.write(text),
    done: () => writer.close(),
    discard: () => writer.abandon(),
  }
}
