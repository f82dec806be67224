import type { JournalLine } from '../../ports/outlet.ts'
import type { Offset, Rev, Topic } from '../../ports/types.ts'

/**
 * What a person accepted among the lines that are to be folded again (rule T17). Lines before the last of these are folded by
 * what the inputs hold now; what was published of them stands, whatever comes out.
 */
export class Amends {
  readonly #lines: readonly JournalLine[]

  constructor(lines: readonly JournalLine[]) {
    this.#lines = lines.filter((line) => line.accepted !== undefined)
  }

  static async among(lines: AsyncIterable<JournalLine>): Promise<Amends> {
    const accepted: JournalLine[] = []
    for await (const line of lines) if (line.accepted) accepted.push(line)
    return new Amends(accepted)
  }

  /** Is the line of this revision folded by what is there now? Who accepts refusals says nothing of the records. */
  covers(rev: Rev): boolean {
    return rev <= (this.#lines.findLast(({ accepted }) => accepted?.what !== 'refusals')?.rev ?? -1)
  }

  /** Offsets of an input that are counted as lost already. */
  lost(topic: Topic): number {
    return this.#lines.reduce((sum, { accepted }) => sum + (accepted?.lost?.[topic] ?? 0), 0)
  }

  /** Where an input begins that the task was not started with. */
  startOf(topic: Topic): Offset | undefined {
    return this.#lines.find((line) => line.positions[topic] !== undefined)?.positions[topic]
  }

  /** May an input begin at `start`, behind what must be read? Only as far as it was accepted that it does. */
  allowsStart(topic: Topic, start: Offset): boolean {
    return this.#lines.some(
      ({ accepted, positions }) =>
        (accepted?.what === 'gap' || accepted?.what === 'rebuild' || accepted?.what === 'source') &&
        (positions[topic] ?? 0) >= start,
    )
  }

  /** Where the records end that belong to a line: what lies behind is folded after a later acceptance. */
  endOf({ rev, positions }: Pick<JournalLine, 'rev' | 'positions'>, topic: Topic): Offset {
    let end = positions[topic] ?? 0
    for (const line of this.#lines) if (line.rev > rev) end = Math.min(end, line.positions[topic] ?? end)
    return end
  }
}
