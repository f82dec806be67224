import type { FileHandle } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { SegmentationError, fail } from '../../errors.ts'

/** The path that means standard input. */
export const STDIN_PATH = '-'

/** Bytes read one after the other. */
export interface ByteInput {
  /** Reads into `block[at, …)`; 0 at the end. The end of a growing file may move. */
  read(block: Uint8Array, at: number): Promise<number>
  close(): Promise<void>
}

/** A coded error for what the file system said; the path is named, its content never. */
export function fileError(path: string, error: unknown): SegmentationError {
  if (error instanceof SegmentationError) return error
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown trouble'
  if (code === 'ENOENT') return new SegmentationError('file-missing', `${path}: there is no such file`, error)
  if (code === 'EISDIR')
    return new SegmentationError('usage', `${path}: is a folder, a file is expected`, error)
  return new SegmentationError('file-unreadable', `${path}: cannot be read (${code})`, error)
}

/** A regular file, from a byte position on. */
export class PlainBytes implements ByteInput {
  readonly file: FileHandle
  readonly path: string
  position: number

  constructor(file: FileHandle, path: string, position: number) {
    this.file = file
    this.path = path
    this.position = position
  }

  async read(block: Uint8Array, at: number): Promise<number> {
    try {
      const { bytesRead } = await this.file.read(block, at, block.length - at, this.position)
      this.position += bytesRead
      return bytesRead
    } catch (error) {
      throw fileError(this.path, error)
    }
  }

  async close(): Promise<void> {
    await this.file.close()
  }
}

/** A stream that cannot go back, such as standard input. Holds one chunk at a time. */
export class StreamBytes implements ByteInput {
  readonly #name: string
  readonly #stream: Readable
  readonly #chunks: AsyncIterator<Buffer>
  #chunk: Buffer = Buffer.alloc(0)
  /** A broken stream stays broken; asked again it would only say that it is over. */
  #fault: SegmentationError | undefined

  constructor(stream: Readable, name: string) {
    this.#name = name
    this.#stream = stream
    this.#chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  }

  async read(block: Uint8Array, at: number): Promise<number> {
    while (this.#chunk.length === 0) {
      if (this.#fault) throw this.#fault
      const next = await this.#chunks.next().catch((error: unknown) => {
        this.#fault = fileError(this.#name, error)
        throw this.#fault
      })
      if (next.done === true) return 0
      this.#chunk = Buffer.isBuffer(next.value) ? next.value : Buffer.from(next.value)
    }
    const n = this.#chunk.copy(block, at)
    this.#chunk = this.#chunk.subarray(n)
    return n
  }

  /** Ends a read that still waits; asking the iterator to return would wait behind it. */
  close(): Promise<void> {
    this.#stream.destroy()
    return Promise.resolve()
  }
}

/** Gives back what was read ahead, then goes on with the rest. */
export class PeekedBytes implements ByteInput {
  readonly #rest: ByteInput
  #ahead: Uint8Array

  constructor(ahead: Uint8Array, rest: ByteInput) {
    this.#ahead = ahead
    this.#rest = rest
  }

  read(block: Uint8Array, at: number): Promise<number> {
    if (this.#ahead.length === 0) return this.#rest.read(block, at)
    const piece = this.#ahead.subarray(0, block.length - at)
    block.set(piece, at)
    this.#ahead = this.#ahead.subarray(piece.length)
    return Promise.resolve(piece.length)
  }

  close(): Promise<void> {
    return this.#rest.close()
  }
}

/** The first bytes of an input, fewer only where it is shorter. */
export async function peek(input: ByteInput, count: number): Promise<Uint8Array> {
  const head = new Uint8Array(count)
  let length = 0
  while (length < count) {
    const n = await input.read(head, length)
    if (n === 0) break
    length += n
  }
  return head.subarray(0, length)
}

export function notAgain(path: string): never {
  const name = path === STDIN_PATH ? 'standard input' : path
  return fail(
    'input-changed',
    `${name}: cannot be read again from an earlier position; give it again from its start`,
  )
}
