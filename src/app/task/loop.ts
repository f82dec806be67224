import { ERRORS, fail, SegmentationError, type ErrorCode } from '../../errors.ts'
import type { Fence, JournalLine } from '../../ports/outlet.ts'
import type { Checkpoint, Head } from '../../ports/store.ts'
import type { Point } from '../../ports/telemetry.ts'
import type { Ms, Rev, Task } from '../../ports/types.ts'
import type { Whole } from './advance.ts'
import type { TaskFold } from './fold.ts'
import { INITIAL, reduce, type Effect, type Retriable, type TaskEvent, type TaskState } from './machine.ts'
import { TaskMeter } from './meter.ts'
import { backoffMs, type TaskHooks, type TaskOptions, type TaskPorts } from './options.ts'
import { Outages, waiting, type Outage } from './outage.ts'
import { newOwnership, type Ownership } from './ownership.ts'
import { OpenPage } from './page.ts'
import { RefusalGauge } from './refusals.ts'
import { refoldOnce, stepOnce } from './step.ts'
import { learn, refoldNotice } from './takeover.ts'
import { writtenMeanwhile } from './watch.ts'

/** Effects that are carried out through the ports and take their time. */
type Work = Exclude<Effect['type'], 'drop' | 'left' | 'alarm' | 'seal' | 'await-alive' | 'retry'>

/**
 * Carries out the effects of the machine through the ports and brings back what became of them. It decides nothing: order,
 * retries and what may be in flight are the machine's.
 */
export class TaskLoop {
  readonly task: Task
  readonly meter: TaskMeter
  readonly #ports: TaskPorts
  readonly #options: TaskOptions
  readonly #hooks: TaskHooks
  #state: TaskState = INITIAL
  #own: Ownership
  #error: SegmentationError | undefined
  #last: Head | undefined
  readonly #outages: Outages
  readonly #refusals: RefusalGauge | undefined
  /** Why the task holds without an outage. */
  #hold: ErrorCode | undefined
  /** Last revision known to be published. */
  #known: Rev = -1
  #doubtedAt: Ms = 0
  #aliveAt: Ms = Number.NEGATIVE_INFINITY

  constructor(task: Task, ports: TaskPorts, options: TaskOptions, hooks: TaskHooks) {
    this.task = task
    this.#ports = ports
    this.#options = options
    this.#hooks = hooks
    this.meter = new TaskMeter(task, ports.telemetry, ports.clock.now())
    this.#outages = new Outages(task, ports.clock, (level, text, error) =>
      this.#say(level, text, error?.code),
    )
    this.#refusals = options.refusals && new RefusalGauge(options.refusals)
    this.#own = newOwnership(this.#ports.clock.elapsed())
  }

  get state(): TaskState {
    return this.#state
  }

  /** The fold in memory, for reports; undefined while the task is not ours. */
  get fold(): TaskFold | undefined {
    return this.#own.fold
  }

  /** What the task waits for. */
  get outages(): readonly Outage[] {
    return this.#outages.current
  }

  /** Why it holds though every server answers. */
  get hold(): ErrorCode | undefined {
    return this.#hold
  }

  /** Why it stopped. */
  get error(): SegmentationError | undefined {
    return this.#state.phase === 'stopped' ? this.#error : undefined
  }

  /** The head as of the last revision before the task was let go. */
  get lastHead(): Head | undefined {
    return this.#own.fold?.memory.head() ?? this.#last
  }

  dispatch(event: TaskEvent): void {
    const before = this.#state.phase
    if (event.type === 'end' && !this.#state.ending) this.#point('ending', this.#state.folded)
    this.#known = Math.max(this.#known, this.#state.published)
    this.meter.stored(this.#state.stored)
    const [next, effects] = reduce(this.#state, event)
    this.#state = next
    if (next.phase === 'doubting' && before !== 'doubting') this.#doubtedAt = this.#ports.clock.now()
    for (const effect of effects) this.#perform(effect)
  }

  /** Membership was proven by something that was sent at `at` (rule T6). */
  alive(at: Ms): void {
    this.#aliveAt = Math.max(this.#aliveAt, at)
    if (this.#state.phase === 'doubting' && at > this.#doubtedAt) this.dispatch({ type: 'done' })
  }

  #point(name: Point, rev: Rev): void {
    this.#ports.telemetry.point(this.task, name, rev)
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case 'drop':
        this.#last = this.lastHead
        this.#outages.clear(this.#state.phase === 'doubting')
        this.#hold = undefined
        this.#own = newOwnership(this.#ports.clock.elapsed())
        return
      case 'left':
        this.#hooks.left(this.task)
        return
      case 'alarm':
        this.#alarm(effect.code)
        return
      case 'seal':
        this.#seal()
        return
      case 'await-alive':
        this.alive(this.#aliveAt)
        return
      case 'retry':
        void this.#retry(effect.what, effect.retries)
        return
      case 'fence':
      case 'take':
      case 'read':
      case 'refold':
      case 'probe':
      case 'step':
      case 'publish':
      case 'checkpoint':
        void this.#run(effect.type)
    }
  }

  /** Runs one effect; its result counts only while the attempt that began it lasts. */
  async #run(what: Work): Promise<void> {
    const { attempt } = this.#state
    const current = (): boolean => attempt === this.#state.attempt
    try {
      const finish = await this.#effect(what, this.#own)
      if (!current()) return
      // a take-over goes on once its last step is done
      if (what !== 'publish' && what !== 'fence' && what !== 'take') this.#outages.over(waiting(what))
      finish()
    } catch (error) {
      if (current()) this.#failed(what, error)
    }
  }

  async #retry(what: Retriable, retries: number): Promise<void> {
    const { attempt } = this.#state
    await this.#ports.clock.sleep(backoffMs(retries))
    if (attempt === this.#state.attempt) this.#perform({ type: what })
  }

  /** The work of an effect; what it returns is done in one go with hearing of it, if it is still wanted then. */
  async #effect(what: Work, own: Ownership): Promise<() => void> {
    const { outlet, store, clock, source } = this.#ports
    switch (what) {
      case 'fence': {
        const fence = await outlet.fence(this.task)
        this.#point('fenced', -1)
        this.meter.tookOver()
        return () => {
          own.fence = fence
          this.dispatch({ type: 'done' })
        }
      }
      case 'take': {
        own.token ||= this.#options.newToken()
        this.#known = Math.max(this.#known, (await outlet.tail(own.fence as Fence))?.rev ?? -1)
        own.head = await store.take(own.fence as Fence, own.token)
        this.#point('taken', own.head?.rev ?? -1)
        return () => this.dispatch({ type: 'done' })
      }
      case 'read': {
        const ready = await learn(this.#ports, this.#options, own.fence as Fence, own.token, own.head)
        this.#point('tail-read', ready.to)
        return () => {
          Object.assign(own, ready)
          if (ready.forgiven) this.#refusals?.forgive(clock.elapsed())
          this.dispatch({ type: 'free' })
          const lost = this.meter.found(ready.from)
          if (ready.to > ready.from)
            this.#say(lost > 0 ? 'warn' : 'info', refoldNotice(this.task, { ...ready, lost }))
          this.dispatch({ type: 'done', from: ready.from, to: ready.to })
        }
      }
      case 'refold':
        return this.#refold(own)
      case 'step': {
        await clock.sleep(0)
        const patience = Math.max(
          0,
          Math.min(this.#options.idleWaitMs, own.page.remainingMs(this.#options.page, clock.elapsed())),
        )
        const whole = await stepOnce(
          this.#ports,
          this.#options,
          { task: this.task, token: own.token, fold: own.fold as TaskFold },
          patience,
        )
        const due = whole ?? this.#quietLine(own)
        return () => this.#stepped(own, due)
      }
      case 'publish':
        return this.#publish(own)
      case 'checkpoint':
        return this.#checkpoint(own)
      case 'probe':
        break
    }
    await Promise.all([source.bounds(this.task), store.read(this.task, own.token, [], 0, 0)])
    return () => this.dispatch({ type: 'free' })
  }

  async #publish(own: Ownership): Promise<() => void> {
    const { outlet, clock } = this.#ports
    const { page } = own
    own.page = new OpenPage()
    const rev = page.revisions.at(-1)?.line.rev ?? -1
    this.#point('page-closed', rev)
    await outlet.publish(own.fence as Fence, { revisions: page.revisions })
    this.#point('published', rev)
    this.meter.published(page.revisions, clock.now())
    return () => this.dispatch({ type: 'published', rev })
  }

  async #checkpoint(own: Ownership): Promise<() => void> {
    const sealed = own.sealed as Checkpoint
    this.#point('checkpoint-writing', sealed.head.rev)
    const outcome = await this.#ports.store.checkpoint(this.task, sealed)
    this.#point('checkpointed', sealed.head.rev)
    return () => {
      if (outcome !== 'ok')
        return this.#doubt(
          new SegmentationError('task-fenced', `the state refused a checkpoint (${outcome})`),
        )
      own.fold?.memory.book.stored()
      this.dispatch({ type: 'checkpointed', rev: sealed.head.rev })
    }
  }

  async #refold(own: Ownership): Promise<() => void> {
    const fold = own.fold as TaskFold
    if (fold.memory.rev >= own.to) {
      this.#point('refolded', own.to)
      return () => {
        if (own.diverged > 0)
          this.#say(
            'warn',
            `task ${this.task}: ${own.diverged} decisions differ from those published; the published ones stand`,
          )
        this.dispatch({ type: 'done' })
      }
    }
    await this.#ports.clock.sleep(0)
    const line = (own.line ??= await this.#nextLine(own, fold.memory.rev))
    const whole = await refoldOnce(
      this.#ports,
      this.#options,
      { task: this.task, token: own.token, fold },
      line,
    )
    own.line = undefined
    this.#point('refolded-one', line.rev)
    return () => {
      this.meter.refolded(whole)
      own.diverged += whole.diverged
      this.#input(own)
    }
  }

  async #nextLine(own: Ownership, after: Rev): Promise<JournalLine> {
    const lines = (own.lines ??= this.#ports.outlet.journal(this.task, after)[Symbol.asyncIterator]())
    try {
      const next = await lines.next()
      if (next.done !== true) return next.value
    } catch (error) {
      own.lines = undefined
      throw error
    }
    return fail('state-foreign', `the journal ends before revision ${own.to}`)
  }

  #stepped(own: Ownership, whole: Whole | undefined): void {
    const fold = own.fold as TaskFold
    if (whole) {
      const now = this.#ports.clock.elapsed()
      own.foldedAt = now
      own.page.add(whole.revision, whole.records, now)
      const refused = whole.revision.deadLetters.length
      if (this.#refusals?.add(whole.records, refused, now) === true) this.#holdRefused(fold.memory.rev)
      this.meter.folded(whole)
      this.#point('revision-folded', fold.memory.rev)
    }
    this.#input(own)
    if (!whole && fold.memory.dry) this.#hooks.rest(this.task, fold.memory.ended)
  }

  /** A line that says nothing but that the task is alive, once the last has grown old. */
  #quietLine(own: Ownership): Whole | undefined {
    const { quietLineMs } = this.#options
    if (quietLineMs === undefined || this.#ports.clock.elapsed() - own.foldedAt < quietLineMs)
      return undefined
    return (own.fold as TaskFold).empty()
  }

  /** Too many records are refused: nothing more is folded until a person accepts it, or another process takes over. */
  #holdRefused(rev: Rev): void {
    this.#hold = 'refused-rate'
    const { hint } = ERRORS['refused-rate']
    this.#say('error', `task ${this.task}: holds since revision ${rev}. ${hint}`, this.#hold)
    this.dispatch({ type: 'full' })
    void this.#watch(rev)
  }

  /** Takes over again once a person has written into the journal behind `after`. */
  async #watch(after: Rev): Promise<void> {
    const { clock, outlet } = this.#ports
    const { watchIntervalMs: everyMs } = this.#options
    const { attempt } = this.#state
    if (everyMs === undefined) return
    const lasts = (): boolean => attempt === this.#state.attempt
    const found = await writtenMeanwhile(outlet, clock, { task: this.task, after, everyMs, lasts })
    if (found) this.dispatch({ type: 'resumed' })
  }

  #input(own: Ownership): void {
    const { memory } = own.fold as TaskFold
    const now = this.#ports.clock.elapsed()
    const { page, checkpointIntervalMs, maxDirtyProfiles } = this.#options
    this.meter.stands(memory.lanes, this.#ports.clock.now())
    this.dispatch({
      type: 'input',
      folded: memory.rev,
      pageReady: own.page.remainingMs(page, now) <= 0,
      sealDue: now - own.sealedAt >= checkpointIntervalMs || memory.book.dirtyCount >= maxDirtyProfiles,
    })
  }

  /** Copies what is dirty, at a page's end: the fold may go on at once. */
  #seal(): void {
    const own = this.#own
    const { memory } = own.fold as TaskFold
    const head = memory.head()
    own.sealed = { token: own.token, after: this.#state.stored, head, ...memory.book.seal(head.rev) }
    own.sealedAt = this.#ports.clock.elapsed()
    this.#point('sealed', head.rev)
  }

  #failed(what: string, error: unknown): void {
    if (!(error instanceof SegmentationError)) return this.#hooks.crashed(this.task, error)
    if (what === 'publish' && error.retryable) return this.#doubt(error)
    if (error.code === 'task-fenced') return this.#doubt(error)
    if (error.retryable) {
      this.meter.retried(error.code)
      this.#outages.met(waiting(what as Retriable | 'step'), error)
      return this.dispatch({ type: 'trouble', what: what as Retriable | 'step' })
    }
    this.#error = error
    this.dispatch({ type: 'stop', code: error.code })
  }

  #doubt(error: SegmentationError): void {
    this.meter.doubted(error.code)
    this.#say('warn', `task ${this.task}: ${error.message}; taking over again`, error.code)
    this.dispatch({ type: 'doubt' })
  }

  #alarm(code: ErrorCode): void {
    const error = this.#error ?? new SegmentationError(code, `task ${this.task} stopped`)
    this.meter.stopped(error.code)
    this.#hooks.stopped(this.task, error)
    void this.#watch(this.#known)
  }

  #say(level: 'info' | 'warn' | 'error', text: string, code?: ErrorCode): void {
    this.#ports.telemetry.notice({ level, task: this.task, text, code })
  }
}
