import { MAX_VISITS } from '../features/bound.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'
import { corrupt } from './bytes.ts'

/**
 * How often each user entered each segment: per user a list of (code, count), last entered first, at most MAX_VISITS long; the
 * one entered longest ago is forgotten. Lists are named by the place of their first entry, 0 is the empty one.
 */
export class Visits {
  #code = new Int32Array(1024)
  #count = new Float64Array(1024)
  #next = new Int32Array(1024)
  #used = 1
  #free = 0

  /** Counts one visit; returns the list's new first entry. */
  add(head: number, code: number): number {
    let before = 0
    let length = 0
    let lastToStay = 0
    for (let v = head; v !== 0; v = this.#next[v] as number) {
      if (this.#code[v] === code) {
        this.#count[v] = (this.#count[v] as number) + 1
        if (before === 0) return v
        this.#next[before] = this.#next[v] as number
        this.#next[v] = head
        return v
      }
      if (++length === MAX_VISITS - 1) lastToStay = v
      before = v
    }
    if (length === MAX_VISITS) {
      this.release(before)
      this.#next[lastToStay] = 0
    }
    return this.#push(head, code, 1)
  }

  of(head: number, code: number): number {
    for (let v = head; v !== 0; v = this.#next[v] as number)
      if (this.#code[v] === code) return this.#count[v] as number
    return 0
  }

  release(head: number): void {
    let v = head
    while (v !== 0) {
      const next = this.#next[v] as number
      this.#next[v] = this.#free
      this.#free = v
      v = next
    }
  }

  write(head: number, out: ByteWriter): void {
    let length = 0
    for (let v = head; v !== 0; v = this.#next[v] as number) length++
    out.uint(length)
    for (let v = head; v !== 0; v = this.#next[v] as number) {
      out.uint(this.#code[v] as number)
      out.uint(this.#count[v] as number)
    }
  }

  read(from: ByteReader): number {
    const length = from.uint()
    if (length > MAX_VISITS) corrupt()
    const entries: [number, number][] = []
    for (let i = 0; i < length; i++) entries.push([from.uint(), from.uint()])
    return entries.reduceRight((head, [code, count]) => this.#push(head, code, count), 0)
  }

  #push(head: number, code: number, count: number): number {
    let v = this.#free
    if (v !== 0) this.#free = this.#next[v] as number
    else {
      v = this.#used++
      if (v === this.#code.length) this.#grow()
    }
    this.#code[v] = code
    this.#count[v] = count
    this.#next[v] = head
    return v
  }

  #grow(): void {
    const capacity = this.#code.length * 2
    const code = new Int32Array(capacity)
    code.set(this.#code)
    this.#code = code
    const count = new Float64Array(capacity)
    count.set(this.#count)
    this.#count = count
    const next = new Int32Array(capacity)
    next.set(this.#next)
    this.#next = next
  }
}
