import { assert, fail } from '../../errors.ts'
import type { Fence, JournalLine, Outlet, Page } from '../../ports/outlet.ts'
import type { Rev, Task } from '../../ports/types.ts'
import { diskFailure } from './disk.ts'
import { linesAfter, linesFromEnd, type PlacedLine } from './journal-file.ts'
import { DATA_FILES, type DataFile, type Extents } from './journal-line.ts'
import type { Extent } from './log-file.ts'
import { encodePage } from './page-text.ts'
import type { RunFolder } from './run-folder.ts'
import { readMark } from './state-db.ts'

const NOTHING: Extents = {
  'segment-changed': [1, 0],
  'user-segments': [1, 0],
  'dead-letter': [1, 0],
  'segment-catalog': [1, 0],
}

/**
 * Pages as appended lines of the run folder's files. The folder's lock keeps other processes out; a fence cuts the files back
 * to what the last whole journal line says, and voids every fence made before over the same folder.
 *
 * A page's outputs are appended first, then its journal lines in one write. Each line carries the extents of the outputs right
 * after its own revision, so that a journal write that was torn leaves whole revisions, and the fence cuts the rest away.
 */
export class EmbeddedOutlet implements Outlet {
  readonly #folder: RunFolder
  readonly #app: string
  #last: JournalLine | undefined

  /** `app`: the run's name, in every payload. */
  constructor(folder: RunFolder, app: string) {
    this.#folder = folder
    this.#app = app
  }

  async fence(p: Task): Promise<Fence> {
    assert(p === 0, 'an embedded run has the one task 0')
    const fence = this.#folder.fencing.then(() => this.#fence(p))
    this.#folder.fencing = fence.catch(() => {})
    return fence
  }

  async #fence(p: Task): Promise<Fence> {
    const folder = this.#folder
    if (folder.closed || folder.readOnly) fail('task-fenced', `${folder.dir} is not open for writing`)
    folder.fence = undefined
    await folder.publishing?.catch(() => {})
    try {
      for (const file of folder.files) await file.open()
      const last = await this.#lastWhole()
      for (const name of DATA_FILES) folder.data[name].settle((last?.files ?? NOTHING)[name])
      folder.journal.settle(last?.extent ?? [1, 0])
      this.#last = last?.line
    } catch (error) {
      throw diskFailure(error, `fence ${folder.dir}`)
    }
    const fence: Fence = Object.freeze({ task: p })
    folder.fence = fence
    return fence
  }

  async tail(fence: Fence): Promise<JournalLine | undefined> {
    this.#check(fence)
    return this.#last
  }

  async publish(fence: Fence, page: Page): Promise<void> {
    this.#check(fence)
    const folder = this.#folder
    try {
      assert(folder.publishing === undefined, 'one page is published at a time')
      folder.publishing = this.#append(page)
    } catch (error) {
      folder.fence = undefined
      throw error
    }
    try {
      await folder.publishing
    } catch (error) {
      folder.fence = undefined
      throw error
    } finally {
      folder.publishing = undefined
    }
  }

  journal(p: Task, after: Rev): AsyncIterable<JournalLine> {
    assert(p === 0, 'an embedded run has the one task 0')
    return this.#journal(after)
  }

  async *#journal(after: Rev): AsyncGenerator<JournalLine> {
    const { journal } = this.#folder
    try {
      yield* linesAfter(journal, after, journal.isOpen ? journal.extent : journal.extentOnDisk())
    } catch (error) {
      throw diskFailure(error, `read ${journal.path}`)
    }
  }

  #check(fence: Fence): void {
    if (this.#folder.fence !== fence)
      fail('task-fenced', `${this.#folder.dir}: another fence was made since, or a page failed`)
  }

  /**
   * The last line whose outputs are all there. A power loss may take outputs that a line already counts on, but never those of
   * a line that the state was written for: only behind it a line may be given up.
   */
  async #lastWhole(): Promise<PlacedLine | undefined> {
    const folder = this.#folder
    const stateRev = readMark(folder.db)?.rev
    for await (const placed of linesFromEnd(folder.journal)) {
      const short = DATA_FILES.map((name) => folder.data[name].shortOf(placed.files[name])).find(
        (s) => s !== undefined,
      )
      if (short === undefined) return placed
      if (stateRev === undefined || placed.line.rev <= stateRev) {
        fail('state-foreign', `${short} at revision ${placed.line.rev}; expected at least as many bytes`)
      }
    }
    if (stateRev !== undefined) {
      fail('state-foreign', `${folder.paths.journal} has no whole line; the state is at revision ${stateRev}`)
    }
    return undefined
  }

  async #append(page: Page): Promise<void> {
    const folder = this.#folder
    if (page.revisions.length === 0) return
    let expected = (this.#last?.rev ?? -1) + 1
    for (const { line } of page.revisions) assert(line.rev === expected++, 'revisions follow one another')
    try {
      await this.#rollIfLarge()
      const text = encodePage(page, this.#extents(), { app: this.#app, lineOf: folder.lineOf })
      // All writes end before a failure is reported: nothing may still be written after the next fence.
      const written = await Promise.allSettled(
        DATA_FILES.map((name) => folder.data[name].append(text.data[name])),
      )
      for (const result of written) if (result.status === 'rejected') throw result.reason
      folder.mark('page-data-written')
      await folder.journal.append(text.journal)
    } catch (error) {
      throw diskFailure(error, `publish to ${folder.dir}`)
    }
    folder.mark('page-journal-written')
    this.#last = page.revisions.at(-1)?.line
  }

  #extents(): Extents {
    const at = (name: DataFile): Extent => this.#folder.data[name].extent
    return {
      'segment-changed': at('segment-changed'),
      'user-segments': at('user-segments'),
      'dead-letter': at('dead-letter'),
      'segment-catalog': at('segment-catalog'),
    }
  }

  async #rollIfLarge(): Promise<void> {
    const folder = this.#folder
    const large = [folder.data['segment-changed'], folder.journal].filter(
      (f) => f.extent[1] >= folder.rollBytes,
    )
    if (large.length === 0) return
    await folder.sync()
    for (const file of large) file.roll()
  }
}
