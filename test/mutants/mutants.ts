/** One change of one file; `find` stands in it exactly once. */
export interface Edit {
  readonly file: string
  readonly find: string
  readonly replace: string
}

/** A defect made on purpose. Something must notice. */
export interface Mutant {
  readonly name: string
  readonly edits: readonly Edit[]
  /** The tests that must turn red: the simulator, or where it cannot see the defect, a unit test. */
  readonly tests: string
}

const SIMULATOR = 'test/sim'

const mutant = (name: string, file: string, find: string, replace: string, tests = SIMULATOR): Mutant => ({
  name,
  edits: [{ file, find, replace }],
  tests,
})

const task = (file: string): string => `src/app/task/${file}`
const FOLD = task('fold.ts')
const BOOK = task('book.ts')
const LOOP = task('loop.ts')
const MACHINE = task('machine.ts')
const DUES = 'src/domain/profile/dues.ts'
const STORE = 'test/sim/sim-store.ts'

/** Order of publishing, storing and taking over. */
const PROTOCOL: readonly Mutant[] = [
  mutant('checkpoint-before-publish', MACHINE, ' && sealed <= s.published) {', ') {'),
  mutant('seal-inside-a-revision', MACHINE, 'const atBoundary = !stepping && (', 'const atBoundary = ('),
  mutant('head-before-its-chunks', STORE, 'headFirst: false', 'headFirst: true'),
  mutant('no-chain-of-chunks', STORE, 'noChain: false', 'noChain: true'),
  mutant('read-without-the-head', STORE, 'readUnchecked: false', 'readUnchecked: true'),
  mutant(
    'fence-that-does-not-fence',
    'test/sim/servers.ts',
    'if ((fence as SimFence).epoch !== this.epoch)',
    'if ((fence as SimFence).epoch > this.epoch)',
  ),
  mutant(
    'take-over-without-a-heartbeat',
    LOOP,
    'this.alive(this.#aliveAt)',
    'this.alive(Number.POSITIVE_INFINITY)',
  ),
  mutant(
    'publish-while-refolding',
    LOOP,
    'own.diverged += whole.diverged',
    'own.diverged += whole.diverged\n      own.page.add(whole.revision, whole.records, 0)',
  ),
  mutant(
    'old-attempt-heard',
    LOOP,
    'const current = (): boolean => attempt === this.#state.attempt',
    'const current = (): boolean => attempt >= 0',
  ),
  mutant(
    'publish-again-after-an-error',
    LOOP,
    'await outlet.publish(own.fence as Fence, { revisions: page.revisions })',
    `const again = { revisions: page.revisions }
        await outlet.publish(own.fence as Fence, again).catch(() => outlet.publish(own.fence as Fence, again))`,
  ),
  mutant(
    'publish-error-forgotten',
    LOOP,
    "if (what === 'publish' && error.retryable)",
    "if (what === '' && error.retryable)",
  ),
  {
    name: 'profiles-kept-through-doubting',
    edits: [
      {
        file: LOOP,
        find: '        this.#own = newOwnership(this.#ports.clock.elapsed())\n        return',
        replace:
          '        const kept = this.#own.fold\n        this.#own = newOwnership(this.#ports.clock.elapsed())\n        if (kept) this.#own.fold = kept\n        return',
      },
      {
        file: LOOP,
        find: 'Object.assign(own, ready)',
        replace: 'Object.assign(own, ready, own.fold && { fold: own.fold })',
      },
    ],
    tests: SIMULATOR,
  },
  mutant(
    'line-skipped',
    task('page.ts'),
    'this.revisions.push(revision)',
    'if (revision.transitions.length > 0 || records % 3 > 0) this.revisions.push(revision)',
  ),
  mutant(
    'page-cut-inside-a-revision',
    LOOP,
    'Fence, { revisions: page.revisions }',
    'Fence, { revisions: page.revisions.map((r) => ({ ...r, transitions: r.transitions.slice(0, 2) })) }',
  ),
  mutant(
    'redelivered-records-folded-again',
    task('lane.ts'),
    'if (record.offset < this.wanted) continue',
    '',
  ),
]

/** Folding, and folding again. */
const FOLDING: readonly Mutant[] = [
  mutant(
    'no-stamps',
    FOLD,
    'this.memory.book.profiles.stamp(slot) >= open.rev && !open.touched.has(slot)',
    'slot < 0',
  ),
  mutant(
    'skip-by-touched',
    FOLD,
    'if (this.#newer(open, slot)) return\n',
    'if (open.touched.has(slot)) return\n',
  ),
  mutant(
    'newer-profile-woken',
    FOLD,
    'if (this.#newer(open, slot)) {\n      open.waiting',
    'if (slot < 0) {\n      open.waiting',
  ),
  mutant(
    'event-before-due-wakes',
    FOLD,
    'if (!this.#wake(until, line)) this.#foldNext(lane, line)',
    'this.#foldNext(lane, line)',
  ),
  mutant('merge-by-rank-alone', FOLD, '!best || lane.head.time < best.head.time', '!best'),
  mutant(
    'frozen-rule-left-out',
    task('lane.ts'),
    'return this.#blind !== undefined && this.head.time <= this.#blind',
    'return false',
  ),
  mutant('counts-from-the-fold', FOLD, 'm.finish(line)', 'm.finish({ ...line, moves: open.moves })'),
  mutant('clock-from-the-fold', FOLD, 'const tick = open.line ? open.line.tick : open', 'const tick = open'),
  mutant('tick-not-journalled', FOLD, '      tick,\n', '      tick: undefined,\n'),
  mutant('release-forgotten', FOLD, 'if (due < releasedAt) {', 'if (due < 0) {'),
  mutant('hold-ignored', FOLD, '    if (holding) return false\n', ''),
  mutant(
    'memberships-not-rebuilt',
    FOLD,
    'book.member(membership)',
    'if (!open.line) book.member(membership)',
  ),
  mutant(
    'head-shares-its-segments',
    task('memory.ts'),
    '[...this.segmenter.segments]',
    'this.segmenter.segments',
  ),
  mutant('digest-not-checked', FOLD, 'if (open.line) verify(line, open.line)', '', 'test/app/task/fold'),
  mutant(
    'chain-not-checked',
    task('judge.ts'),
    'if (lineAtHead.chain !== head.chain) {',
    'if (lineAtHead.chain === "") {',
    'test/app/task/judge',
  ),
]

/** What a person accepted, and what holds until he does. */
const ACCEPTING: readonly Mutant[] = [
  mutant(
    'acceptance-for-ever',
    task('amends.ts'),
    'return rev <= (',
    'return true || rev <= (',
    'test/app/task/fold',
  ),
  mutant(
    'refusals-accept-records',
    task('amends.ts'),
    "accepted?.what !== 'refusals'",
    'accepted !== undefined',
    'test/app/task/resume',
  ),
  mutant(
    'loss-counted-twice',
    task('resume.ts'),
    'gone - amends.lost(topic)',
    'gone',
    'test/app/task/resume',
  ),
  mutant(
    'acceptance-of-any-gap',
    task('amends.ts'),
    '(positions[topic] ?? 0) >= start,',
    'start > 0,',
    'test/app/task/judge',
  ),
  mutant(
    'loss-not-counted',
    task('tally.ts'),
    'for (const n of Object.values(accepted?.lost ?? {})) this.#lost += n',
    '',
    'test/app/task/resume',
  ),
  mutant(
    'acceptance-without-its-position',
    task('resume.ts'),
    'Math.max(former, bound.start)',
    'former',
    'test/app/task/resume',
  ),
  mutant('rebuilt-on-what-is-left', task('resume.ts'), 'token, true)', 'token)', 'test/app/task/resume'),
  mutant(
    'acceptance-unseen',
    LOOP,
    "if (found) this.dispatch({ type: 'resumed' })",
    '',
    'test/app/task/resume',
  ),
  mutant('hold-that-folds-on', LOOP, "this.dispatch({ type: 'full' })", '', 'test/app/task/resume'),
  mutant('quiet-line-never', LOOP, 'this.#quietLine(own)', 'undefined', 'test/app/task/resume'),
  mutant(
    'held-pages-kept-back',
    MACHINE,
    'interrupted: true, pageReady: true })',
    'interrupted: true })',
    'test/app/task/machine',
  ),
]

/** What is kept in memory, and in which order it is woken. */
const KEEPING: readonly Mutant[] = [
  mutant('absent-not-forgotten', BOOK, 'this.#absent.delete(this.profiles.user(slot))', ''),
  mutant(
    'horizon-not-lowered',
    BOOK,
    'this.horizon = Math.min(this.horizon, this.profiles.due(slot) - 1)',
    '',
  ),
  mutant('dirty-given-up', BOOK, 'if ((flags & (DIRTY | SEALED)) !== 0) continue', ''),
  mutant('sealed-given-up', BOOK, '(flags & (DIRTY | SEALED)) !== 0', '(flags & DIRTY) !== 0'),
  mutant(
    'read-overwrites-memory',
    BOOK,
    'this.profiles.find(user) >= 0 || this.#isForgotten(user)',
    'this.#isForgotten(user)',
  ),
  mutant(
    'dues-tied-by-insertion',
    DUES,
    'due < other || (due === other && compareUtf8(user, this.#user[i] as string) < 0)',
    'due < other',
  ),
  mutant('dues-of-a-former-user', DUES, ' || this.#owner[slot] !== user', ''),
]

export const MUTANTS: readonly Mutant[] = [...PROTOCOL, ...FOLDING, ...ACCEPTING, ...KEEPING]

/** The file's text with the edit made; throws where it does not fit. */
export function applied({ file, find, replace }: Edit, text: string): string {
  const parts = text.split(find)
  if (parts.length !== 2) throw new Error(`${file}: ${parts.length - 1} times, expected once: ${find}`)
  return parts.join(replace)
}
