import type { CatalogEntry } from '../../domain/segments/catalog.ts'
import type { Membership, Transition } from '../../domain/segments/transition.ts'
import type { DeadLetter } from '../../domain/events/dead-letter.ts'
import type { JournalLine, Move, Stir } from '../../ports/outlet.ts'
import type { Ms, Offset, Rev, Topic } from '../../ports/types.ts'

/** What a revision took in, for who counts it. */
export class Work {
  /** Events by kind. */
  readonly kinds = new Map<string, number>()
  /** A reason for each record that was passed over. */
  readonly skipped: string[] = []

  event(kind: string): void {
    this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1)
  }
}

/** The revision being folded: what it has caused so far. It ends at a place that positions and one tick describe. */
export class OpenRevision {
  readonly rev: Rev
  /** Set while folding again by the journal. */
  readonly line: JournalLine | undefined
  readonly transitions: Transition[] = []
  readonly memberships: Membership[] = []
  readonly deadLetters: DeadLetter[] = []
  catalog: readonly CatalogEntry[] = []
  readonly moves: Move[] = []
  /** Records refused for want of their schema (rule T12). */
  readonly refused: Record<Topic, Offset[]> = {}
  /** Records folded and users woken. */
  steps = 0
  records = 0
  readonly work = new Work()
  /** Users whom what they did, or did not do, took from one segment to another, by slots of the guards. */
  readonly moved: Stir[] = []
  /** Members that all segments gained. */
  joined = 0
  /** Due time of the last wake since the last record; the tick, if the revision ends here. */
  lastWakeDue: Ms = Number.NEGATIVE_INFINITY
  /** While folding again: the published moves not yet made, by user, in order. */
  readonly #expected = new Map<string, Move[]>()
  /** While folding again: slots changed by this very revision, whose stamp is therefore no reason to skip them. */
  readonly touched = new Set<number>()
  /**
   * While folding again: slots that were due, but whose profile is of a later revision, at which a hold kept them from being
   * woken. They are due again after this one.
   */
  readonly waiting: number[] = []
  /** While folding again: moves that differ from the published ones. */
  diverged = 0

  constructor(rev: Rev, line?: JournalLine) {
    this.rev = rev
    this.line = line
    for (const move of line?.moves ?? []) {
      const moves = this.#expected.get(move[0])
      if (moves) moves.push(move)
      else this.#expected.set(move[0], [move])
    }
  }

  /** What a refold takes from the published line, which may know better, or have seen what is skipped now because it is newer. */
  get published(): Partial<JournalLine> {
    if (this.line === undefined) return {}
    const { recipe, held, moves, moved, suppressed, uncounted, schemas } = this.line
    return { recipe, held, moves, moved, suppressed, uncounted, schemas }
  }

  /** A user moved in this slot. */
  stir(slot: number): void {
    const [last, users] = this.moved.at(-1) ?? []
    if (last === slot && users !== undefined) this.moved[this.moved.length - 1] = [slot, users + 1]
    else this.moved.push([slot, 1])
  }

  /** Rule of the refold: a move is made where it was published, and nowhere else. */
  allows(user: string, sequence: number, from: string | null, to: string | null): boolean {
    const next = this.#expected.get(user)?.[0]
    if (next && next[1] === sequence && next[2] === from && next[3] === to) {
      this.#expected.get(user)?.shift()
      return true
    }
    this.diverged++
    return false
  }

  /** Published moves that the refold has not made; a user whose profile was already newer is not among them once `skip`ped. */
  *unmade(): Iterable<Move> {
    for (const moves of this.#expected.values()) yield* moves
  }

  skip(user: string): void {
    this.#expected.delete(user)
  }
}
