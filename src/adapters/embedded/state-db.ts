import { ClassicLevel } from 'classic-level'
import { fail, SegmentationError } from '../../errors.ts'
import type { Rev } from '../../ports/types.ts'
import { diskFailure } from './disk.ts'
import { KEYS } from './keys.ts'

/** Layout of keys and values in `state/`; raised when either changes. */
export const STATE_FORMAT = 1

export type StateDb = ClassicLevel<Uint8Array, Uint8Array>
/**
 * One atomic batch of writes to the state. The database's own chained batches keep their bytes until they are collected as
 * garbage, which knows nothing of their size: a run with many large checkpoints would grow by gigabytes.
 */
export class StateBatch {
  readonly #db: StateDb
  readonly #writes: (
    | { type: 'put'; key: Uint8Array; value: Uint8Array }
    | { type: 'del'; key: Uint8Array }
  )[] = []

  constructor(db: StateDb) {
    this.#db = db
  }

  put(key: Uint8Array, value: Uint8Array): this {
    this.#writes.push({ type: 'put', key, value })
    return this
  }

  del(key: Uint8Array): this {
    this.#writes.push({ type: 'del', key })
    return this
  }

  async write(): Promise<void> {
    await this.#db.batch(this.#writes)
  }
}

/** What stands beside the head, in the same batch: small enough to be read for each checkpoint. */
export interface StateMark {
  readonly rev: Rev
  readonly chain: string
  readonly profiles: number
  readonly dues: number
}

const MIB = 1024 * 1024

/** `locked`: another process (or this one) has it open. Rejects with `state-version`, `state-lost`, `disk-full`, `disk-error`. */
export async function openStateDb(path: string): Promise<StateDb | 'locked'> {
  const db: StateDb = new ClassicLevel(path, {
    keyEncoding: 'view',
    valueEncoding: 'view',
    writeBufferSize: 16 * MIB,
    cacheSize: 32 * MIB,
    maxFileSize: 8 * MIB,
  })
  try {
    await db.open()
  } catch (error) {
    const cause = (error as Error).cause as { code?: string; message?: string } | undefined
    if (cause?.code === 'LEVEL_LOCKED') return 'locked'
    // A table or its list is gone or unreadable; the folder itself was there.
    if (cause?.code === 'LEVEL_CORRUPTION' || /no such file/i.test(cause?.message ?? '')) {
      fail('state-lost', `${path}: ${cause?.message}`, error)
    }
    throw diskFailure(error, `open ${path}`)
  }
  try {
    await checkFormat(db, path)
  } catch (error) {
    await db.close()
    throw error instanceof SegmentationError ? error : diskFailure(error, `read ${path}`)
  }
  return db
}

async function checkFormat(db: StateDb, path: string): Promise<void> {
  const stored = readJson(db, KEYS.format)
  if (stored === STATE_FORMAT) return
  const empty = (await db.keys({ limit: 1 }).all()).length === 0
  if (!empty) {
    fail('state-version', `${path}: expected format ${STATE_FORMAT}, found ${JSON.stringify(stored ?? null)}`)
  }
  await db.put(KEYS.format, toJson(STATE_FORMAT))
}

export function readMark(db: StateDb): StateMark | undefined {
  return readJson(db, KEYS.mark) as StateMark | undefined
}

export function readJson(db: StateDb, key: Uint8Array): unknown {
  const value = db.getSync(key)
  return value === undefined ? undefined : parseJson(value)
}

export function parseJson(value: Uint8Array): unknown {
  return JSON.parse(Buffer.from(value.buffer, value.byteOffset, value.length).toString('utf8'))
}

export function toJson(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value))
}
