import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { SegmentationError } from '../../errors.ts'

/** The path that means standard output. */
const STDOUT_PATH = '-'
const GZIP_SUFFIX = '.gz'
const PART_SUFFIX = '.part'
/** Events shrink to a seventh at the lowest level; more would make writing wait for little. */
const GZIP_LEVEL = 1

/**
 * Writes text or bytes to a file, packed where its name ends in `.gz`. The file appears whole, at `close`: until then it is
 * `<path>.part`. A file that nothing was written to is not made, and one of that name from before is removed, unless
 * `evenEmpty`. Standard output is written to directly.
 */
export class LineWriter {
  readonly #path: string
  readonly #stdout: Writable
  #sink: Writable | undefined
  /** Where the sink ends: itself, or behind the packing. */
  #file: Writable | undefined
  #done: Promise<void> | undefined

  constructor(path: string, { stdout, evenEmpty = false }: { stdout: Writable; evenEmpty?: boolean }) {
    this.#path = path
    this.#stdout = stdout
    if (evenEmpty) this.#open()
  }

  /** Resolves when the file is open; rejects where it cannot be. Without it the first `write` may wait for trouble to show. */
  async ready(): Promise<void> {
    const file = this.#file
    if (file === undefined) return
    try {
      await Promise.race([once(file, 'open'), this.#done])
    } catch (error) {
      throw writeError(this.#path, error)
    }
  }

  async write(text: string | Uint8Array): Promise<void> {
    const sink = this.#open()
    try {
      if (!sink.write(text)) await Promise.race([once(sink, 'drain'), this.#done])
    } catch (error) {
      throw writeError(this.#path, error)
    }
  }

  async close(): Promise<void> {
    if (this.#path === STDOUT_PATH) return
    try {
      if (this.#sink === undefined) return await rm(this.#path, { force: true })
      this.#sink.end()
      await this.#done
      await rename(this.#path + PART_SUFFIX, this.#path)
    } catch (error) {
      throw writeError(this.#path, error)
    }
  }

  /** Gives up: nothing of what was written stays. */
  async abandon(): Promise<void> {
    if (this.#sink === undefined || this.#path === STDOUT_PATH) return
    this.#sink.destroy()
    this.#file?.destroy()
    await this.#done?.catch(() => undefined)
    await rm(this.#path + PART_SUFFIX, { force: true })
  }

  #open(): Writable {
    if (this.#sink !== undefined) return this.#sink
    if (this.#path === STDOUT_PATH) return (this.#sink = this.#stdout)
    const file = createWriteStream(this.#path + PART_SUFFIX)
    this.#sink = file
    this.#file = file
    if (this.#path.endsWith(GZIP_SUFFIX)) {
      const gzip = createGzip({ level: GZIP_LEVEL })
      file.on('error', (error) => gzip.destroy(error))
      gzip.pipe(file)
      this.#sink = gzip
    }
    this.#done = finished(file)
    this.#done.catch(() => undefined)
    return this.#sink
  }
}

function writeError(path: string, error: unknown): SegmentationError {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown trouble'
  if (code === 'ENOENT')
    return new SegmentationError('file-missing', `${path}: its folder does not exist`, error)
  if (code === 'EISDIR') return new SegmentationError('usage', `${path}: is a folder, expected a file`, error)
  if (code === 'ENOSPC') return new SegmentationError('disk-full', `${path}: the disk is full`, error)
  return new SegmentationError('disk-error', `${path}: cannot be written (${code})`, error)
}
