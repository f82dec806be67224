import type { SegmentationError } from '../errors.ts'
import type { Sample } from '../ports/metrics.ts'
import type { Head } from '../ports/store.ts'
import type { Task } from '../ports/types.ts'
import { TaskLoop } from './task/loop.ts'
import type { TaskOptions, TaskPorts } from './task/options.ts'
import { readingsOf } from './task/readings.ts'
import { statusOf, type TaskStatus } from './task/status.ts'

export interface StreamOptions {
  readonly optionsOf: (task: Task) => TaskOptions
  /** End once every input has ended and is folded (complete files). */
  readonly endsWithInputs: boolean
  /** A task that stops ends the stream, unless this takes the news: then the other tasks go on (rule T11). */
  readonly onStopped?: ((task: Task, error: SegmentationError) => void) | undefined
}

/** Where the tasks of this process stand. */
export interface StreamStatus {
  /** The process has joined: it has tasks, or is a standby. */
  readonly joined: boolean
  readonly ending: boolean
  /** In their order. */
  readonly tasks: readonly TaskStatus[]
}

/** Where the tasks stood when they were let go, and why the stream ended. */
export interface StreamResult {
  readonly ended: 'inputs' | 'asked'
  readonly heads: ReadonlyMap<Task, Head>
}

/** The tasks of one process: given and taken by the source, each in its loop, until they are asked to end. */
export class Stream {
  readonly #ports: TaskPorts
  readonly #options: StreamOptions
  readonly #loops = new Map<Task, TaskLoop>()
  readonly #heads = new Map<Task, Head>()
  #joined = false
  #ended: 'inputs' | 'asked' | undefined
  #finish: (result: StreamResult) => void = () => undefined
  #break: (error: unknown) => void = () => undefined

  constructor(ports: TaskPorts, options: StreamOptions) {
    this.#ports = ports
    this.#options = options
  }

  get loops(): ReadonlyMap<Task, TaskLoop> {
    return this.#loops
  }

  status(): StreamStatus {
    const tasks = [...this.#loops.values()].sort((a, b) => a.task - b.task).map(statusOf)
    return { joined: this.#joined, ending: this.#ended !== undefined, tasks }
  }

  /** The gauges of its tasks. */
  readings(): Sample[] {
    const now = this.#ports.clock.now()
    return [...this.#loops.values()].flatMap((loop) => readingsOf(loop, now))
  }

  /** Runs until the inputs end or `end` is called; rejects with the coded error that stopped a task. */
  async run(): Promise<StreamResult> {
    const result = new Promise<StreamResult>((resolve, reject) => {
      this.#finish = resolve
      this.#break = reject
    })
    await this.#ports.source.own({
      given: (task) => this.#given(task),
      taken: (task) => this.#loops.get(task)?.dispatch({ type: 'taken' }),
      alive: (at) => {
        for (const loop of this.#loops.values()) loop.alive(at)
      },
    })
    this.#joined = true
    // asked to end before there was anybody to hear of it
    this.#maybeDone()
    return result
  }

  /** One last page, one last checkpoint of every task, then `run` resolves. */
  end(why: 'inputs' | 'asked' = 'asked'): void {
    this.#ended ??= why
    for (const loop of this.#loops.values()) loop.dispatch({ type: 'end' })
    this.#maybeDone()
  }

  #given(task: Task): void {
    if (this.#ended !== undefined || this.#loops.has(task)) return
    const loop = new TaskLoop(task, this.#ports, this.#options.optionsOf(task), {
      rest: (_task, ended) => {
        if (ended && this.#options.endsWithInputs) this.end('inputs')
      },
      left: () => this.#left(task),
      stopped: (_task, error) => this.#stopped(task, error),
      crashed: (_task, error) => this.#break(error),
    })
    this.#loops.set(task, loop)
    loop.dispatch({ type: 'given' })
  }

  #left(task: Task): void {
    const head = this.#loops.get(task)?.lastHead
    if (head) this.#heads.set(task, head)
    this.#loops.delete(task)
    this.#maybeDone()
  }

  #stopped(task: Task, error: SegmentationError): void {
    if (this.#options.onStopped) this.#options.onStopped(task, error)
    else this.#break(error)
  }

  #maybeDone(): void {
    if (this.#ended !== undefined && this.#loops.size === 0)
      this.#finish({ ended: this.#ended, heads: this.#heads })
  }
}
