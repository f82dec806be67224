import { createHash } from 'node:crypto'
import { DEAD_LETTER_HEAD_BYTES } from '../../domain/events/dead-letter.ts'
import type { RawRecord } from '../../ports/source.ts'

const CR = Buffer.from('\r')

/** A record beyond all bounds, passing through: its head, its size and its SHA-256 stay, its bytes do not. */
export class OversizeRecord {
  readonly #head: Buffer
  readonly #hash = createHash('sha256')
  #size = 0
  /** A carriage return at the end of a piece: part of the value unless the line feed follows. */
  #heldCr = false

  constructor(start: Buffer) {
    this.#head = Buffer.from(start.subarray(0, DEAD_LETTER_HEAD_BYTES))
    this.push(start)
  }

  push(piece: Buffer): void {
    if (piece.length === 0) return
    if (this.#heldCr) this.#add(CR)
    this.#heldCr = piece.at(-1) === CR[0]
    this.#add(this.#heldCr ? piece.subarray(0, -1) : piece)
  }

  #add(bytes: Buffer): void {
    this.#hash.update(bytes)
    this.#size += bytes.length
  }

  finish(offset: number): RawRecord {
    return {
      offset,
      time: Number.NaN,
      bytes: this.#head,
      from: 0,
      to: this.#head.length,
      keyFrom: -1,
      keyTo: -1,
      tombstone: false,
      cut: { size: this.#size, sha256: this.#hash.digest('hex') },
    }
  }
}
