import { mix32 } from '../../domain/base/hash.ts'
import type { RawRecord } from '../../ports/source.ts'

/** How many bytes of a value are looked at, spread evenly over it. */
const SAMPLES = 32

/**
 * Running hash over the records of one input topic: offset, time, key, length and a sample of the value. It depends on the
 * records alone, not on how they were cut into revisions, so that an input that must be given again from its start (a pipe)
 * can be checked up to any position. It tells an input that was exchanged from the one that was processed; it is no
 * protection against someone who wants to fool it.
 */
export class RunningDigest {
  #a: number
  #b: number

  constructor(hex = '') {
    this.#a = hex === '' ? 0x9e3779b9 : Number.parseInt(hex.slice(0, 8), 16)
    this.#b = hex === '' ? 0x85ebca6b : Number.parseInt(hex.slice(8, 16), 16)
  }

  add(r: RawRecord): void {
    let a = Math.imul(this.#a ^ r.offset, 0x01000193)
    let b = Math.imul(this.#b ^ (r.cut?.size ?? r.to - r.from), 0x5bd1e995)
    if (r.time === r.time) a = Math.imul(a ^ (r.time % 0x1_0000_0000), 0x01000193)
    const bytes = r.bytes
    for (let i = r.keyFrom; i < r.keyTo; i++) b = Math.imul(b ^ (bytes[i] as number), 0x01000193)
    const step = Math.max(1, Math.floor((r.to - r.from) / SAMPLES))
    for (let i = r.from; i < r.to; i += step) a = Math.imul(a ^ (bytes[i] as number), 0x01000193)
    this.#a = mix32(a ^ (b >>> 13))
    this.#b = mix32(b ^ (a >>> 11))
  }

  /** 16 hex digits. */
  get hex(): string {
    return (this.#a >>> 0).toString(16).padStart(8, '0') + (this.#b >>> 0).toString(16).padStart(8, '0')
  }
}
