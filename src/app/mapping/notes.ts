import { SURE, type Meaning } from './roles.ts'

/** Stands where a person must write something. */
export const FILL_IN = 'FILL IN'

/** The comments of a draft, by the member they stand at (`time.format`). */
export class Notes {
  readonly #notes = new Map<string, string[]>()
  readonly #open: string[] = []

  get all(): ReadonlyMap<string, readonly string[]> {
    return this.#notes
  }

  get open(): readonly string[] {
    return this.#open
  }

  add(member: string, text: string): void {
    this.#notes.set(member, [...(this.#notes.get(member) ?? []), text])
  }

  /** By what a field was found, and how sure that is. */
  found(member: string, meaning: Meaning, more?: string): void {
    const behind = more === undefined ? '' : `; ${more}`
    this.add(member, `${meaning.score >= SURE ? 'sure' : 'likely'}: ${meaning.why}${behind}`)
  }

  guess(member: string, meaning: Meaning): void {
    this.add(member, `guess: ${meaning.why}`)
  }

  /** Works as it is, if the answer is as written. */
  ask(member: string, question: string): void {
    this.add(member, `CHECK: ${question}`)
  }

  /** Does not work before a person has written it. */
  fillIn(member: string, what: string): void {
    this.#open.push(`${member}: ${what}`)
    this.add(member, `${FILL_IN}: ${what}`)
  }
}
