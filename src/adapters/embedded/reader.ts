import type { Membership } from '../../domain/segments/transition.ts'
import { assert } from '../../errors.ts'
import type { Head, StateReader } from '../../ports/store.ts'
import type { Task } from '../../ports/types.ts'
import { bytesOf, indexKey, KEYS, memberKey, profileKey } from './keys.ts'
import type { RunFolder } from './run-folder.ts'
import { parseJson, readJson, type StateDb } from './state-db.ts'

/** Keys fetched per step while members are listed. */
const STEP = 1000

/** Reads the state of a run folder that this process has open: beside its own stream, or read-only while nobody streams. */
export class EmbeddedReader implements StateReader {
  readonly #db: StateDb

  constructor(folder: RunFolder) {
    this.#db = folder.db
  }

  async head(p: Task): Promise<Head | undefined> {
    assert(p === 0, 'an embedded run has the one task 0')
    return readJson(this.#db, KEYS.head) as Head | undefined
  }

  async profile(user: string): Promise<Uint8Array | undefined> {
    const value = await this.#db.get(profileKey(user))
    return value && bytesOf(value)
  }

  async membership(user: string): Promise<Membership | undefined> {
    const value = await this.#db.get(memberKey(user))
    return value && (parseJson(value) as Membership)
  }

  /** In UTF-8 order of the ids, those behind `after`. */
  async *members(segment: string, after?: string): AsyncGenerator<string> {
    const start = indexKey(segment, '')
    const end = Buffer.from(start)
    end[end.length - 1] = (end[end.length - 1] as number) + 1
    const range = after === undefined ? { gte: start } : { gt: indexKey(segment, after) }
    const iterator = this.#db.keys({ ...range, lt: end })
    try {
      for (;;) {
        const step = await iterator.nextv(STEP)
        if (step.length === 0) return
        for (const key of step) yield Buffer.from(key.subarray(start.length)).toString('utf8')
      }
    } finally {
      await iterator.close()
    }
  }
}
