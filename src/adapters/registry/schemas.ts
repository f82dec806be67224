import { SECOND_MS, MINUTE_MS } from '../../domain/base/duration.ts'
import { fail, SegmentationError } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'
import { Malformed, type Members, type ValueReader, type WriterSchemas } from '../../ports/schemas.ts'
import type { Ms } from '../../ports/types.ts'
import type { FoundSchema, RegistryClient } from './client.ts'
import { compileReader } from './read.ts'

/** How long a schema is waited for that the registry says it does not have: it may be on its way. */
export const MISSING_WAIT_MS: Ms = 30 * SECOND_MS
/** An id without a schema is asked for again no sooner than this. */
const MISSING_AGAIN_MS: Ms = 10 * SECOND_MS
/** A known id is looked at again this often while it is used: it must mean the same for ever. */
const VERIFY_MS: Ms = 5 * MINUTE_MS
/** Questions to the registry at a time. */
const AT_ONCE = 8
/** More than a registry of one shop holds; what is least recently used goes. */
const MAX_KNOWN = 10_000
const MAX_MISSING = 10_000

interface Known {
  readonly fingerprint: string
  readonly schema: FoundSchema
  readonly readers: Map<Members | undefined, ValueReader>
  verifiedAt: Ms
}

interface Missing {
  readonly since: Ms
  readonly askedAt: Ms
}

/**
 * Schemas by id, read from the registry once and compiled once. An id means one schema for ever, but a registry that was set up
 * anew may deal its ids out again, and values would be read as garbage: while an id is used, its schema is compared with what the
 * registry has now and then.
 */
export class RegistrySchemas implements WriterSchemas {
  readonly #client: Pick<RegistryClient, 'find'>
  readonly #clock: Clock
  readonly #known = new Map<number, Known>()
  readonly #missing = new Map<number, Missing>()
  readonly #asking = new Map<number, Promise<void>>()
  #differs: SegmentationError | undefined

  constructor(client: Pick<RegistryClient, 'find'>, clock: Clock) {
    this.#client = client
    this.#clock = clock
  }

  async learn(ids: ReadonlySet<number>): Promise<void> {
    const now = this.#clock.elapsed()
    const open: number[] = []
    for (const id of ids) {
      const known = this.#known.get(id)
      if (known === undefined) open.push(id)
      else this.#used(id, known, now)
    }
    let undecided: unknown
    for (let i = 0; i < open.length; i += AT_ONCE) {
      const some = await Promise.allSettled(open.slice(i, i + AT_ONCE).map((id) => this.#decide(id)))
      const reasons = some.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []))
      undecided ??= reasons[0]
      // ids that are missing are waited for together, and keep no other from being known; a registry that is away is asked no more
      if (reasons.some((reason) => !isMissing(reason))) break
    }
    if (this.#differs) throw this.#differs
    if (undecided !== undefined) throw undecided
  }

  fingerprint(id: number): string | undefined {
    const known = this.#known.get(id)
    return typeof known?.schema === 'string' ? undefined : known?.fingerprint
  }

  reader(id: number, members?: Members): ValueReader | undefined {
    const known = this.#known.get(id)
    if (known === undefined) return undefined
    const { readers, schema } = known
    let reader = readers.get(members)
    if (reader === undefined) {
      reader =
        typeof schema === 'string'
          ? () => new Malformed(`the schema ${schema}`)
          : compileReader(schema, members)
      readers.set(members, reader)
    }
    return reader
  }

  #used(id: number, known: Known, now: Ms): void {
    if (now - known.verifiedAt < VERIFY_MS) return
    known.verifiedAt = now
    this.#keep(id, known)
    // nobody waits for it: the schema is known, and a registry that is away is no reason to stop
    void this.#verify(id, known).catch(() => undefined)
  }

  async #verify(id: number, { fingerprint }: Known): Promise<void> {
    const found = await this.#client.find(id)
    if (found === undefined || fingerprintOf(found) === fingerprint) return
    try {
      fail('schema-differs', `schema ${id} of the registry is not the one that records were read by before`)
    } catch (error) {
      this.#differs = error as SegmentationError
    }
  }

  /** One question at a time for one id, whoever asks. */
  #decide(id: number): Promise<void> {
    let asking = this.#asking.get(id)
    if (asking === undefined) {
      asking = this.#ask(id).finally(() => this.#asking.delete(id))
      this.#asking.set(id, asking)
    }
    return asking
  }

  async #ask(id: number): Promise<void> {
    const missing = this.#missing.get(id)
    if (missing && decided(missing) && this.#clock.elapsed() - missing.askedAt < MISSING_AGAIN_MS) return
    const found = await this.#client.find(id)
    const now = this.#clock.elapsed()
    if (found !== undefined) {
      this.#missing.delete(id)
      this.#keep(id, {
        fingerprint: fingerprintOf(found),
        schema: found,
        readers: new Map(),
        verifiedAt: now,
      })
      return
    }
    const still = { since: missing?.since ?? now, askedAt: now }
    this.#missing.set(id, still)
    bound(this.#missing, MAX_MISSING)
    if (decided(still)) return
    const waited = Math.floor((now - still.since) / SECOND_MS)
    fail(
      'schema-missing',
      `the registry has no schema ${id}, which records name; missing for ${waited} s, refused after ${MISSING_WAIT_MS / SECOND_MS} s`,
    )
  }

  #keep(id: number, known: Known): void {
    this.#known.delete(id)
    this.#known.set(id, known)
    bound(this.#known, MAX_KNOWN)
  }
}

const isMissing = (reason: unknown): boolean =>
  reason instanceof SegmentationError && reason.code === 'schema-missing'

const decided = ({ since, askedAt }: Missing): boolean => askedAt - since >= MISSING_WAIT_MS

/** Of its meaning: names, fields, types, whatever its text looks like. */
const fingerprintOf = (schema: FoundSchema): string =>
  typeof schema === 'string' ? schema : schema.fingerprint().toString('hex')

/** Drops the oldest. */
function bound<T>(map: Map<number, T>, max: number): void {
  if (map.size <= max) return
  const [oldest] = map.keys()
  if (oldest !== undefined) map.delete(oldest)
}
