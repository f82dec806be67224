import { readFileSync } from 'node:fs'
import avro from 'avsc'
import { assert } from '../../errors.ts'
import type { Event } from '../../domain/events/event.ts'
import type { CatalogEntry } from '../../domain/segments/catalog.ts'
import { catalogPayload, membershipPayload, transitionPayload } from '../../domain/segments/payload.ts'
import type { Membership, Transition } from '../../domain/segments/transition.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Topic } from '../../ports/types.ts'
import { RegistryClient, type RegistryAccess } from './client.ts'

/** Magic byte, then the id of the schema, big-endian: before every value (Confluent's wire format). */
export const FRAME_BYTES = 5
const MAGIC = 0
const FIRST_SCRATCH_BYTES = 4096

/** A value as framed Avro; synchronous. */
export type Encode<T> = (value: T) => Buffer

/** Schemas of this package by what they describe. `src` and `dist` lie equally deep. */
const schemaText = (name: string): string =>
  readFileSync(new URL(`../../../schemas/${name}.avsc`, import.meta.url), 'utf8')

/**
 * Encoders of what this program writes. Each registers its schema first, under the subject `<topic>-value` and FULL_TRANSITIVE,
 * and is synchronous from then on. Rejects with `unreachable` (to be tried again), `schema-incompatible` or `config-invalid`.
 */
export class RegistryEncoders {
  readonly #client: RegistryClient

  constructor(access: RegistryAccess, clock: Clock) {
    this.#client = new RegistryClient(access, clock)
  }

  /** Native events (`schemas/event.avsc`). */
  event(topic: Topic): Promise<Encode<Event>> {
    return this.#encoder(topic, 'event')
  }

  /** Moves (`schemas/segment-changed.avsc`); `app` is the run's name. */
  async transition(topic: Topic, app: string): Promise<Encode<Transition>> {
    const encode = await this.#encoder(topic, 'segment-changed')
    return (t) => encode(transitionPayload(t, app, asIs))
  }

  /** Memberships (`schemas/user-segments.avsc`). */
  async membership(topic: Topic): Promise<Encode<Membership>> {
    const encode = await this.#encoder(topic, 'user-segments')
    return (m) => encode(membershipPayload(m, asIs))
  }

  /** Segments (`schemas/segment-catalog.avsc`). */
  async catalog(topic: Topic): Promise<Encode<CatalogEntry>> {
    const encode = await this.#encoder(topic, 'segment-catalog')
    return (e) => encode(catalogPayload(e, asIs))
  }

  /** Does the schema of an output fit the newest version in the registry? undefined: there is none yet. */
  fits(topic: Topic, schema: string): Promise<boolean | undefined> {
    return this.#client.fits(`${topic}-value`, schemaText(schema))
  }

  async #encoder(topic: Topic, schema: string): Promise<Encode<object>> {
    const text = schemaText(schema)
    const id = await this.#client.register(`${topic}-value`, text)
    return framed(avro.Type.forSchema(JSON.parse(text) as avro.Schema, { wrapUnions: 'never' }), id)
  }
}

/** Times in Avro are Unix milliseconds, as they are here. */
const asIs = (ms: number): number => ms

/** Writes into one buffer that all values share, and copies what was written out of it. */
export function framed<T>(type: avro.Type, id: number): Encode<T> {
  let scratch = frame(id, FIRST_SCRATCH_BYTES)
  return (value) => {
    let end = type.encode(value, scratch, FRAME_BYTES)
    if (end < 0) {
      scratch = frame(id, 2 * (scratch.length - end))
      end = type.encode(value, scratch, FRAME_BYTES)
      assert(end > 0, 'what was missing was told')
    }
    return Buffer.from(scratch.subarray(0, end))
  }
}

function frame(id: number, bytes: number): Buffer {
  const buffer = Buffer.allocUnsafe(bytes)
  buffer[0] = MAGIC
  buffer.writeUInt32BE(id, 1)
  return buffer
}
