import type { Offset } from '../../ports/types.ts'

/** Records may span lines and lines may be empty: the newest so many deviations are known exactly. */
const MAX_MARKS = 65_536

/** Line numbers of records, for people. Holds one mark per deviation from "the next record is on the next line". */
export class LineMarks {
  #offsets: Offset[] = []
  #lines: number[] = []

  /** Record `offset` starts on `line` (from 1). */
  add(offset: Offset, line: number): void {
    const known = this.#offsets.at(-1)
    if (known !== undefined && known > offset) return
    if (known === offset) {
      this.#offsets.pop()
      this.#lines.pop()
    }
    this.#offsets.push(offset)
    this.#lines.push(line)
    if (this.#offsets.length >= 2 * MAX_MARKS) {
      this.#offsets = this.#offsets.slice(-MAX_MARKS)
      this.#lines = this.#lines.slice(-MAX_MARKS)
    }
  }

  /** The line on which a record starts; undefined where that is no longer known. */
  lineOf(offset: Offset): number | undefined {
    let lo = 0
    let hi = this.#offsets.length
    while (lo < hi) {
      const mid = (lo + hi) >> 1
      if ((this.#offsets[mid] as Offset) <= offset) lo = mid + 1
      else hi = mid
    }
    if (lo === 0) return undefined
    return (this.#lines[lo - 1] as number) + offset - (this.#offsets[lo - 1] as Offset)
  }
}
