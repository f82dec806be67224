import { createRequire } from 'node:module'
import type { SchemaRegistry } from '@kafkajs/confluent-schema-registry'
import type avro from 'avsc'
import { SECOND_MS } from '../../domain/base/duration.ts'
import { SegmentationError, type ErrorCode } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Ms } from '../../ports/types.ts'
import { LOGICAL_TYPES } from './logical-types.ts'

type Registry = typeof import('@kafkajs/confluent-schema-registry')
type Options = ConstructorParameters<typeof SchemaRegistry>[0]
type Middleware = NonNullable<Options['middlewares']>[number]

/** How the schema registry (Confluent's API) is reached. */
export interface RegistryAccess {
  /** Root of its API, such as `http://registry:8081`. */
  readonly url: string
  readonly username?: string | undefined
  readonly password?: string | undefined
}

/** Of one question, answer included. The client itself waits for ever. */
export const REQUEST_TIMEOUT_MS: Ms = 5 * SECOND_MS
/** What a subject of ours allows: every version reads and is read by every other. */
const COMPATIBILITY = 'FULL_TRANSITIVE'
const NO_RETRY = { retries: 0, maxRetryTimeInSecs: 1, initialRetryTimeInSecs: 1, factor: 0, multiplier: 1 }
/** The registry's own codes for what it does not have. */
const SCHEMA_NOT_FOUND = 40403
const SUBJECT_NOT_FOUND = 40401

/** A schema as the registry has it, or what keeps it from reading records (it is no Avro, or no valid one). */
export type FoundSchema = avro.Type | string

/**
 * The schema registry's client with a time-out, without retries (its callers hold and ask again), without a cache of its own,
 * and with errors as coded ones: `unreachable` for all that may pass.
 */
export class RegistryClient {
  readonly #access: RegistryAccess
  readonly #clock: Clock
  #loaded: { readonly registry: SchemaRegistry; readonly library: Registry } | undefined

  constructor(access: RegistryAccess, clock: Clock) {
    this.#access = access
    this.#clock = clock
  }

  /** The schema of an id; undefined where the registry itself says that it has none. */
  async find(id: number): Promise<FoundSchema | undefined> {
    const { registry } = this.#open()
    registry.cache.clear()
    try {
      const schema = await this.#within(`read schema ${id}`, registry.getSchema(id))
      return 'typeName' in schema ? (schema as unknown as avro.Type) : 'is not an Avro schema'
    } catch (error) {
      if (statusOf(error) === 404 && (await this.#saysMissing(id))) return undefined
      const { name, message } = error as Error
      if (name === 'ConfluentSchemaRegistryArgumentError') return `is not understood: ${message}`
      throw registryFailure(error, `read schema ${id}`)
    }
  }

  /**
   * Makes `schema` (Avro, JSON text) the newest version of a subject, if it is none yet, and gives its id. Rejects with
   * `schema-incompatible` where the subject's other versions do not allow it.
   */
  async register(subject: string, schema: string): Promise<number> {
    try {
      return await this.#register(subject, schema)
    } catch (error) {
      // two replicas of a new app that start together: the other one has set the level first
      if (statusOf(error) === 409 && !isRegistering(error)) return await this.#register(subject, schema)
      throw registryFailure(error, `register the schema of ${subject}`, refusalOf(error))
    }
  }

  async #register(subject: string, schema: string): Promise<number> {
    const { registry, library } = this.#open()
    const options = { subject, compatibility: library.COMPATIBILITY[COMPATIBILITY] }
    const registering = registry.register({ type: library.SchemaType.AVRO, schema }, options)
    return (await this.#within(`register the schema of ${subject}`, registering)).id
  }

  /** Does `schema` fit the newest version of a subject, by the subject's level? undefined: it has no version yet. */
  async fits(subject: string, schema: string): Promise<boolean | undefined> {
    const doing = `compare the schema of ${subject}`
    try {
      const versions = `/subjects/${encodeURIComponent(subject)}/versions`
      // some registries call a schema compatible with a subject that is not there
      const there = await this.#ask(versions)
      if (there.status === 404 && memberOf(there.answer, 'error_code') === SUBJECT_NOT_FOUND) return undefined
      const asked = JSON.stringify({ schema, schemaType: 'AVRO' })
      const { status, answer } = await this.#ask(`/compatibility${versions}/latest`, asked)
      const fits = memberOf(answer, 'is_compatible')
      if (typeof fits === 'boolean') return fits
      throw new Error(`status ${status}`)
    } catch (error) {
      throw registryFailure(error, doing)
    }
  }

  /** A question that the library does not know. */
  async #ask(path: string, body?: string): Promise<{ status: number; answer: unknown }> {
    const { url, username, password } = this.#access
    const basic = Buffer.from(`${username}:${password ?? ''}`).toString('base64')
    const headers: Record<string, string> = {
      ...(username === undefined ? {} : { authorization: `Basic ${basic}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/vnd.schemaregistry.v1+json' }),
    }
    const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS)
    const sent = body === undefined ? {} : { method: 'POST', body }
    const response = await fetch(`${rootOf(url)}${path}`, { headers, signal, ...sent })
    return { status: response.status, answer: await response.json() }
  }

  /** A 404 without the registry's own code, which the library drops, is that of a proxy or of a wrong path: no answer, but trouble. */
  async #saysMissing(id: number): Promise<boolean> {
    try {
      const { answer } = await this.#ask(`/schemas/ids/${id}`)
      return memberOf(answer, 'error_code') === SCHEMA_NOT_FOUND
    } catch {
      return false
    }
  }

  #open(): { readonly registry: SchemaRegistry; readonly library: Registry } {
    if (this.#loaded) return this.#loaded
    const library = createRequire(import.meta.url)('@kafkajs/confluent-schema-registry') as Registry
    const { url, username, password } = this.#access
    const options: Options = {
      host: rootOf(url),
      clientId: 'segmentation',
      // all of it, every time: the library keeps what it is given as the default of the next client
      retry: NO_RETRY,
      middlewares: [timed, whole],
      ...(username === undefined ? {} : { auth: { username, password: password ?? '' } }),
    }
    const registry = new library.SchemaRegistry(options, {
      AVRO: { wrapUnions: 'auto', logicalTypes: LOGICAL_TYPES },
    })
    return (this.#loaded = { registry, library })
  }

  /** A limit of the whole exchange: that of the connection begins anew with every byte. */
  async #within<T>(doing: string, answer: Promise<T>): Promise<T> {
    const done = new AbortController()
    const late = this.#clock.sleep(REQUEST_TIMEOUT_MS, done.signal).then((): never => {
      // the library lets others wait for the same answer: whoever asks again shall have a question of his own
      if (!done.signal.aborted) this.#loaded = undefined
      throw new SegmentationError(
        'unreachable',
        `${doing}: ${new URL(this.#access.url).host} did not answer within ${REQUEST_TIMEOUT_MS} ms`,
      )
    })
    late.catch(() => undefined)
    try {
      return await Promise.race([answer, late])
    } finally {
      done.abort()
    }
  }
}

const timed: Middleware = () => ({
  request: (request) => Promise.resolve(request.enhance({ timeout: REQUEST_TIMEOUT_MS })),
})

/** An answer without a schema is that of a proxy, whatever its status says. */
const whole: Middleware = () => ({
  response: async (next) => {
    const response = await next()
    const data = response.data<{ readonly schema?: unknown } | null>()
    if (response.request().path().startsWith('/schemas/ids/') && typeof data?.schema !== 'string')
      throw new SegmentationError('unreachable', 'the answer holds no schema')
    return response
  },
})

const memberOf = (answer: unknown, name: string): unknown =>
  (answer as Readonly<Record<string, unknown>> | null)?.[name]

const rootOf = (url: string): string => url.replace(/\/+$/, '')

const statusOf = (error: unknown): number | undefined =>
  typeof error === 'object' && error !== null && 'status' in error && typeof error.status === 'number'
    ? error.status
    : undefined

/** Did it fail to add a version, rather than to ask for, or set, the level of the subject? */
const isRegistering = (error: unknown): boolean =>
  (error as { readonly url?: string }).url?.startsWith('post ') === true

/** A failure of the client as a coded error. Coded errors pass. */
function registryFailure(error: unknown, doing: string, finalCode?: ErrorCode): SegmentationError {
  if (error instanceof SegmentationError) return error
  const message = (error as Error).message.replace(/^segmentation - /, '')
  return new SegmentationError(finalCode ?? 'unreachable', `${doing}: ${message}`, error)
}

/** Why a registration can only be refused again, if so. */
function refusalOf(error: unknown): ErrorCode | undefined {
  const status = statusOf(error)
  if (status === 401 || status === 403) return 'config-invalid'
  const otherLevel = (error as Error).name === 'ConfluentSchemaRegistryCompatibilityError'
  return status === 409 || status === 422 || otherLevel ? 'schema-incompatible' : undefined
}
