import { createGunzip } from 'node:zlib'
import type { Gunzip } from 'node:zlib'
import { SegmentationError } from '../../errors.ts'
import type { ByteInput } from './bytes.ts'

/** Small, because all that one piece unpacks to (at most about a thousand times it) is held at once. */
const PIECE_BYTES = 32 * 1024

/** RFC 1952, section 2.3.1. */
export const isGzip = (head: Uint8Array): boolean => head[0] === 0x1f && head[1] === 0x8b

/**
 * Unpacks piece by piece and hands out everything that came before a fault, then rejects with `input-truncated`. (A pipe
 * would drop what it still holds when the fault shows.)
 */
export class GzipBytes implements ByteInput {
  readonly #packed: ByteInput
  readonly #gunzip: Gunzip = createGunzip({ chunkSize: 64 * 1024 })
  readonly #piece = Buffer.allocUnsafe(PIECE_BYTES)
  #unpacked: Buffer[] = []
  #fault: unknown
  #ended = false

  constructor(packed: ByteInput) {
    this.#packed = packed
    this.#gunzip.on('data', (chunk: Buffer) => this.#unpacked.push(chunk))
    this.#gunzip.on('error', (error) => {
      this.#fault ??= error
    })
  }

  async read(block: Uint8Array, at: number): Promise<number> {
    while (this.#unpacked.length === 0) {
      if (this.#fault !== undefined) throw gzipError(this.#fault)
      if (this.#ended) return 0
      await this.#feed()
    }
    let to = at
    while (to < block.length && this.#unpacked.length > 0) {
      const chunk = this.#unpacked[0] as Buffer
      const n = chunk.copy(block, to)
      to += n
      if (n < chunk.length) this.#unpacked[0] = chunk.subarray(n)
      else this.#unpacked.shift()
    }
    return to - at
  }

  async #feed(): Promise<void> {
    const n = await this.#packed.read(this.#piece, 0)
    await new Promise<void>((settled) => {
      const settle = (): void => settled()
      this.#gunzip.once('error', settle)
      const done = (): void => {
        this.#gunzip.off('error', settle)
        settled()
      }
      if (n > 0) this.#gunzip.write(this.#piece.subarray(0, n), done)
      else this.#gunzip.once('end', done).end()
    })
    if (n === 0) this.#ended = true
  }

  async close(): Promise<void> {
    this.#gunzip.destroy()
    await this.#packed.close()
  }
}

function gzipError(fault: unknown): SegmentationError {
  const code = (fault as NodeJS.ErrnoException).code ?? ''
  const what = code === 'Z_BUF_ERROR' ? 'the gzip data ends too early' : 'the gzip data is damaged'
  return new SegmentationError('input-truncated', what, fault)
}
