import { TextDecoder } from 'node:util'
import type { ByteInput } from './bytes.ts'

const CHUNK_BYTES = 64 * 1024

/** The encoding that a byte order mark of two bytes says; undefined where the bytes are none. */
export function utf16Of(head: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le'
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be'
  return undefined
}

/** UTF-16 as UTF-8, without its byte order mark: lines are found by their bytes, which UTF-16 does not allow. */
export class Utf16Bytes implements ByteInput {
  readonly #packed: ByteInput
  readonly #decoder: TextDecoder
  readonly #chunk = new Uint8Array(CHUNK_BYTES)
  #ahead: Uint8Array = new Uint8Array(0)

  constructor(packed: ByteInput, encoding: 'utf-16le' | 'utf-16be') {
    this.#packed = packed
    this.#decoder = new TextDecoder(encoding)
  }

  async read(block: Uint8Array, at: number): Promise<number> {
    while (this.#ahead.length === 0) {
      const n = await this.#packed.read(this.#chunk, 0)
      this.#ahead = Buffer.from(this.#decoder.decode(this.#chunk.subarray(0, n), { stream: n > 0 }))
      if (n === 0) break
    }
    const piece = this.#ahead.subarray(0, block.length - at)
    block.set(piece, at)
    this.#ahead = this.#ahead.subarray(piece.length)
    return piece.length
  }

  close(): Promise<void> {
    return this.#packed.close()
  }
}
