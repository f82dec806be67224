/** Bytes that are no value of their schema. A class, because any other value may be what a record holds. */
export class Malformed {
  /** What was expected, without any of the value. */
  readonly why: string

  constructor(why: string) {
    this.why = why
  }
}

/** Members of records to be read, by name; those not named are passed over. `true`: a member with all it holds. */
export interface Members {
  readonly [name: string]: Members | true
}

/**
 * Reads all of `bytes[from, to)` as one value, in the form that JSON would give: objects, lists, texts, numbers. A member that is
 * null is absent; a whole number beyond ±2^53 and a decimal are decimal texts; times are Unix milliseconds, dates `yyyy-MM-dd`;
 * bytes are base64.
 */
export type ValueReader = (bytes: Uint8Array, from: number, to: number) => unknown

/**
 * The schemas that records were written by, named in them by ids. They are asked for before their records are decoded, so that
 * decoding never waits.
 */
export interface WriterSchemas {
  /**
   * Resolves once each id is decided: there is a reader, or the registry has no such schema and had none for the time it is
   * waited for. Rejects with a retryable `unreachable` or `schema-missing` until then, and with `schema-differs` where an id
   * has come to mean something else.
   */
  learn(ids: ReadonlySet<number>): Promise<void>
  /** What a decided id means, as a short text: another schema, another text. Undefined where nothing can be read by it. */
  fingerprint(id: number): string | undefined
  /** The reader of a decided id, for some members or for all; undefined: the registry has no such schema. */
  reader(id: number, members?: Members): ValueReader | undefined
}
