import { fail } from '../../errors.ts'
import type { RawRecord } from '../../ports/source.ts'
import { schemaIdOf } from '../avro-frame.ts'
import type { TaskInput } from './lane.ts'

/** Fingerprints of schemas by their ids, as JSON has them. */
export type Fingerprints = Readonly<Record<string, string>>

/**
 * By which schemas a task's records were read. An id means one schema for ever; where a registry that was set up anew deals it
 * out again, records would be read as garbage, now or when they are folded again (rule T12).
 */
export class SchemasRead {
  readonly #known: Map<string, string>
  #fresh: Record<string, string> | undefined
  #last: number | undefined

  constructor(known: Fingerprints = {}) {
    this.#known = new Map(Object.entries(known))
  }

  /** A record is folded. Throws `schema-differs` where its schema is not the one that its id has meant. */
  note({ topic, schemas }: TaskInput, record: RawRecord): void {
    const id = schemas && schemaIdOf(record)
    if (id === undefined || id === this.#last) return
    const fingerprint = schemas?.fingerprint(id)
    if (fingerprint === undefined) return
    const known = this.#known.get(String(id))
    if (known !== undefined && known !== fingerprint) {
      fail(
        'schema-differs',
        `input ${topic}, position ${record.offset}: schema ${id} is ${fingerprint} in the registry, records were read by ${known}`,
      )
    }
    this.#last = id
    if (known !== undefined) return
    this.#known.set(String(id), fingerprint)
    this.#fresh = { ...this.#fresh, [id]: fingerprint }
  }

  /** While folding again: what the journal says of the schemas that this revision was the first to use. */
  expect(published: Fingerprints = {}): void {
    for (const [id, fingerprint] of Object.entries(published)) this.#known.set(id, fingerprint)
  }

  /** Those that the revision which ends was the first to use. */
  take(): Fingerprints | undefined {
    const fresh = this.#fresh
    this.#fresh = undefined
    return fresh
  }

  /** All of them; undefined: none. */
  all(): Fingerprints | undefined {
    return this.#known.size === 0 ? undefined : Object.fromEntries(this.#known)
  }
}
