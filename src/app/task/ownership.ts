import type { Fence, JournalLine } from '../../ports/outlet.ts'
import type { Checkpoint, Head } from '../../ports/store.ts'
import type { Ms, Rev, Token } from '../../ports/types.ts'
import type { TaskFold } from './fold.ts'
import { OpenPage } from './page.ts'

/** What this process holds of a task between a take-over and the next drop; a late result finds its own, never its successor's. */
export interface Ownership {
  fence?: Fence
  token: Token
  head?: Head | undefined
  fold?: TaskFold
  /** The published lines not yet folded again; undefined after trouble: to be opened anew. */
  lines?: AsyncIterator<JournalLine> | undefined
  /** The line being folded again. */
  line?: JournalLine | undefined
  to: Rev
  page: OpenPage
  sealed?: Checkpoint
  sealedAt: Ms
  /** When the last revision was folded. */
  foldedAt: Ms
  forgiven: boolean
  diverged: number
}

/** Nothing yet; `now` is monotonic. */
export function newOwnership(now: Ms): Ownership {
  return {
    token: '',
    to: -1,
    page: new OpenPage(),
    sealedAt: now,
    foldedAt: now,
    forgiven: false,
    diverged: 0,
  }
}
