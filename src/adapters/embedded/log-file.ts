import {
  closeSync,
  createReadStream,
  createWriteStream,
  fdatasync,
  fstatSync,
  ftruncateSync,
  fsyncSync,
} from 'node:fs'
import { openSync, readdirSync, readSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { createGzip } from 'node:zlib'
import { assert, fail } from '../../errors.ts'
import { type WriteSome, writeAll } from './disk.ts'

/** A place in a rolled file: part 1, 2, 3 … and the bytes of that part. */
export type Extent = readonly [part: number, bytes: number]

const datasync = promisify(fdatasync)

/**
 * An append-only file that rolls: `<name>.ndjson` is the newest part, finished parts are `<name>.000001.ndjson` until they
 * are compressed, then `<name>.000001.ndjson.gz`. Compression runs beside and may be interrupted anywhere: the plain part
 * goes only after the whole compressed one carries its name. Which bytes count is not decided here: see `settle`.
 */
export class LogFile {
  readonly name: string
  readonly #dir: string
  readonly #write: WriteSome
  #fd = -1
  #part = 1
  #length = 0
  #unsynced = false
  #compressing: { readonly abort: AbortController; readonly done: Promise<void> } | undefined

  constructor(dir: string, name: string, write: WriteSome) {
    this.#dir = dir
    this.name = name
    this.#write = write
  }

  /** Where the next byte goes. */
  get extent(): Extent {
    return [this.#part, this.#length]
  }

  /** The same, read from the disk, for a file that is not open. */
  extentOnDisk(): Extent {
    return [(this.finishedParts().at(-1) ?? 0) + 1, sizeOf(this.path) ?? 0]
  }

  get path(): string {
    return join(this.#dir, `${this.name}.ndjson`)
  }

  get fd(): number {
    return this.#fd
  }

  get isOpen(): boolean {
    return this.#fd >= 0
  }

  /** Opens or opens again: sizes are read from the disk, left-overs of an interrupted compression are removed. */
  async open(): Promise<void> {
    await this.close()
    const parts = this.finishedParts()
    for (const file of readdirSync(this.#dir)) {
      if (file.startsWith(`${this.name}.`) && file.endsWith('.gz.tmp')) rmSync(join(this.#dir, file))
    }
    for (const part of parts) {
      if (sizeOf(this.#finished(part, '.gz')) !== undefined) rmSync(this.#finished(part, ''), { force: true })
    }
    this.#part = (parts.at(-1) ?? 0) + 1
    this.#openNewest()
  }

  /** Numbers of the finished parts that are there, ascending. */
  finishedParts(): number[] {
    const pattern = new RegExp(`^${this.name}\\.(\\d{6,})\\.ndjson(\\.gz)?$`)
    const found = new Set<number>()
    for (const file of readdirSync(this.#dir)) {
      const m = pattern.exec(file)
      if (m) found.add(Number(m[1]))
    }
    return [...found].sort((a, b) => a - b)
  }

  /** Opens part `part` for reading; undefined where it is not there. The caller closes it. */
  openPart(part: number): { readonly fd: number; readonly gzip: boolean; readonly file: string } | undefined {
    for (const [file, gzip] of [
      [this.#finished(part, ''), false],
      [this.#finished(part, '.gz'), true],
    ] as const) {
      const fd = openIfThere(file)
      if (fd !== undefined) return { fd, gzip, file }
    }
    const newest = this.isOpen ? this.#part : (this.finishedParts().at(-1) ?? 0) + 1
    const fd = part === newest ? openIfThere(this.path) : undefined
    return fd === undefined ? undefined : { fd, gzip: false, file: this.path }
  }

  /** What is missing for the file to reach `extent`, in words; undefined where nothing is. */
  shortOf(extent: Extent): string | undefined {
    const [part, bytes] = extent
    const rolled = this.#part - 1
    if (part === rolled) {
      const found = this.#finishedBytes(part)
      const same = found !== undefined && found % 2 ** 32 === bytes % 2 ** 32
      return same ? undefined : `${this.name} part ${part} has ${found ?? 0} bytes, the journal says ${bytes}`
    }
    if (part < rolled) return `${this.name} has ${rolled} finished parts, the journal says ${part - 1}`
    return this.#length >= bytes
      ? undefined
      : `${this.name}.ndjson has ${this.#length} bytes, the journal says ${bytes}`
  }

  /** Cuts everything behind `extent` away. Older parts may have been moved elsewhere: the number is the journal's. */
  settle(extent: Extent): void {
    const missing = this.shortOf(extent)
    if (missing !== undefined) fail('state-foreign', `${missing}; expected at least as many bytes`)
    const [part, bytes] = extent
    const length = part < this.#part ? 0 : bytes
    if (part > this.#part) this.#part = part
    if (length < this.#length) ftruncateSync(this.#fd, length)
    this.#length = length
    this.#compressFinished()
  }

  async append(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return
    this.#unsynced = true
    await writeAll(this.#write, this.#fd, bytes, this.#length)
    this.#length += bytes.length
  }

  /** Finishes the newest part and starts the next. All of it must be durable before (`sync`): it is never cut again. */
  roll(): void {
    assert(!this.#unsynced, `${this.name} is synced before it rolls`)
    closeSync(this.#fd)
    this.#fd = -1
    renameSync(this.path, this.#finished(this.#part, ''))
    this.#part++
    this.#openNewest()
    syncFolder(this.#dir)
    this.#compressFinished()
  }

  /** Everything appended so far is on the disk once resolved. */
  async sync(): Promise<void> {
    if (!this.#unsynced || this.#fd < 0) return
    this.#unsynced = false
    try {
      await datasync(this.#fd)
    } catch (error) {
      this.#unsynced = true
      throw error
    }
  }

  async close(): Promise<void> {
    this.#compressing?.abort.abort()
    await this.#compressing?.done
    if (this.#fd >= 0) closeSync(this.#fd)
    this.#fd = -1
  }

  /** Resolves when no compression runs any more. */
  async compressed(): Promise<void> {
    while (this.#compressing) await this.#compressing.done
  }

  #openNewest(): void {
    const existed = sizeOf(this.path) !== undefined
    this.#fd = openSync(this.path, existed ? 'r+' : 'w+')
    this.#length = fstatSync(this.#fd).size
    // What a killed process wrote may not be on the disk yet.
    this.#unsynced = this.#length > 0
    if (!existed) syncFolder(this.#dir)
  }

  #finished(part: number, suffix: '' | '.gz' | '.gz.tmp'): string {
    return join(this.#dir, `${this.name}.${String(part).padStart(6, '0')}.ndjson${suffix}`)
  }

  /** Bytes of a finished part; of a compressed one modulo 2^32, as its trailer holds it (RFC 1952, ISIZE). */
  #finishedBytes(part: number): number | undefined {
    const plain = sizeOf(this.#finished(part, ''))
    if (plain !== undefined) return plain
    const fd = openIfThere(this.#finished(part, '.gz'))
    if (fd === undefined) return undefined
    const trailer = Buffer.alloc(4)
    readSync(fd, trailer, 0, 4, Math.max(0, fstatSync(fd).size - 4))
    closeSync(fd)
    return trailer.readUInt32LE()
  }

  #compressFinished(): void {
    if (this.#compressing) return
    const part = this.finishedParts().find((p) => sizeOf(this.#finished(p, '')) !== undefined)
    if (part === undefined) return
    const abort = new AbortController()
    const compressing = async (): Promise<void> => {
      const whole = await this.#compress(part, abort.signal)
      this.#compressing = undefined
      if (whole) this.#compressFinished()
    }
    const done = compressing()
    this.#compressing = { abort, done }
  }

  /** False where it was stopped or the disk refused: the plain part stays, and the next opening tries again. */
  async #compress(part: number, signal: AbortSignal): Promise<boolean> {
    const temporary = this.#finished(part, '.gz.tmp')
    try {
      await pipeline(
        createReadStream(this.#finished(part, '')),
        createGzip(),
        createWriteStream(temporary, { flush: true }),
        { signal },
      )
      renameSync(temporary, this.#finished(part, '.gz'))
      syncFolder(this.#dir)
      rmSync(this.#finished(part, ''))
      return true
    } catch {
      rmSync(temporary, { force: true })
      return false
    }
  }
}

function openIfThere(file: string): number | undefined {
  try {
    return openSync(file, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function sizeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.size
}

/** Makes a new or changed name durable; Windows does that by itself and opens no folders. */
function syncFolder(dir: string): void {
  if (process.platform === 'win32') return
  const fd = openSync(dir, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
