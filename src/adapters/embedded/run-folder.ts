import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fail } from '../../errors.ts'
import type { Fence } from '../../ports/outlet.ts'
import type { Point } from '../../ports/telemetry.ts'
import type { Offset, Topic } from '../../ports/types.ts'
import { diskFailure, writeSome, type WriteSome } from './disk.ts'
import { DATA_FILES, type DataFile } from './journal-line.ts'
import { KEYS } from './keys.ts'
import { LogFile } from './log-file.ts'
import { openStateDb, type StateDb } from './state-db.ts'

const MIB = 1024 * 1024

/** Size at which `segment-changed` and `journal` start a new part. */
export const ROLL_BYTES = 256 * MIB

/** Paths in a run folder. */
export interface RunPaths {
  readonly state: string
  readonly model: string
  readonly segmentChanged: string
  readonly userSegments: string
  readonly segmentCatalog: string
  readonly deadLetter: string
  readonly journal: string
  readonly control: string
  readonly config: string
  /** Process id of the owner: only for the message to a second one, never trusted. */
  readonly pid: string
}

export function runPaths(dir: string): RunPaths {
  return {
    state: join(dir, 'state'),
    model: join(dir, 'model'),
    segmentChanged: join(dir, 'segment-changed.ndjson'),
    userSegments: join(dir, 'user-segments.ndjson'),
    segmentCatalog: join(dir, 'segment-catalog.ndjson'),
    deadLetter: join(dir, 'dead-letter.ndjson'),
    journal: join(dir, 'journal.ndjson'),
    control: join(dir, 'control.ndjson'),
    config: join(dir, 'config.json'),
    pid: join(dir, 'pid'),
  }
}

export interface RunFolderOptions {
  /** Make the folder where it is missing; else that rejects with `folder-missing`. */
  readonly create: boolean
  /** For readers: nothing is written but the lock. */
  readonly readOnly?: boolean | undefined
  /** Line of an input file that holds the record at `offset`, from 1; by default offset + 1. */
  readonly lineOf?: ((topic: Topic, offset: Offset) => number) | undefined
  /** Called as each named point is passed. */
  readonly mark?: ((point: Point) => void) | undefined
  readonly rollBytes?: number | undefined
  readonly write?: WriteSome | undefined
}

/**
 * A run folder and its lock: one process has it open, for writing or for reading. The lock is the state database's own and
 * goes with the process, however it ends.
 *
 * Durability: a page is handed to the operating system, so it survives the end of the process at any point. A power loss may
 * take pages off the end, but never one that the state knows: `sync` comes before every head.
 */
export class RunFolder {
  readonly dir: string
  readonly paths: RunPaths
  readonly readOnly: boolean
  readonly db: StateDb
  readonly journal: LogFile
  readonly data: Readonly<Record<DataFile, LogFile>>
  readonly lineOf: (topic: Topic, offset: Offset) => number
  readonly mark: (point: Point) => void
  readonly rollBytes: number
  /** The one valid fence and the page being written, whichever outlet over this folder made them. */
  fence: Fence | undefined
  publishing: Promise<void> | undefined
  /** Fences are made one after the other. */
  fencing: Promise<unknown> = Promise.resolve()
  #closed: Promise<void> | undefined

  constructor(dir: string, db: StateDb, options: RunFolderOptions) {
    this.dir = dir
    this.paths = runPaths(dir)
    this.readOnly = options.readOnly ?? false
    this.db = db
    const file = (name: string): LogFile => new LogFile(dir, name, options.write ?? writeSome)
    this.journal = file('journal')
    this.data = {
      'segment-changed': file('segment-changed'),
      'user-segments': file('user-segments'),
      'dead-letter': file('dead-letter'),
      'segment-catalog': file('segment-catalog'),
    }
    this.lineOf = options.lineOf ?? ((_topic, offset) => offset + 1)
    this.mark = options.mark ?? (() => {})
    this.rollBytes = options.rollBytes ?? ROLL_BYTES
  }

  get closed(): boolean {
    return this.#closed !== undefined
  }

  get files(): LogFile[] {
    return [...DATA_FILES.map((name) => this.data[name]), this.journal]
  }

  /** All that was published so far survives a power loss once resolved: the outputs first, then the journal that counts on them. */
  async sync(): Promise<void> {
    try {
      await Promise.all(DATA_FILES.map((name) => this.data[name].sync()))
      await this.journal.sync()
    } catch (error) {
      this.fence = undefined
      throw diskFailure(error, `sync ${this.dir}`)
    }
  }

  /** Forgets the state, for a run that folds everything again; outputs and journal stay. */
  async clearState(): Promise<void> {
    await this.db.clear({ gt: KEYS.format })
    await this.db.clear({ lt: KEYS.format })
  }

  /** Waits for the page being written, closes everything and gives the lock back. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    this.fence = undefined
    await this.fencing
    await this.publishing?.catch(() => {})
    for (const file of this.files) await file.close()
    rmSync(this.paths.pid, { force: true })
    await this.db.close()
  }
}

/**
 * Opens a run folder and takes its lock. Rejects with `folder-missing`, `folder-in-use` (naming the other process where it is
 * known), `state-version`, `state-lost`, `disk-full` or `disk-error`.
 */
export async function openRunFolder(dir: string, options: RunFolderOptions): Promise<RunFolder> {
  const paths = runPaths(dir)
  if (!options.create && !existsSync(paths.state) && !existsSync(paths.journal)) {
    fail('folder-missing', `${dir} is not a run folder: expected ${paths.state} in it`)
  }
  try {
    mkdirSync(paths.state, { recursive: true })
  } catch (error) {
    throw diskFailure(error, `make ${paths.state}`)
  }
  const db = await openStateDb(paths.state)
  if (db === 'locked') return fail('folder-in-use', `${dir} is in use by ${ownerOf(paths.pid)}`)
  try {
    writeFileSync(paths.pid, `${process.pid}\n`)
  } catch {
    // Only the message to a second process is poorer without it.
  }
  return new RunFolder(dir, db, options)
}

function ownerOf(pidFile: string): string {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8'))
    if (Number.isInteger(pid) && pid > 0) {
      return pid === process.pid ? `this process (${pid})` : `process ${pid}`
    }
  } catch {
    // Not known.
  }
  return 'another process'
}
