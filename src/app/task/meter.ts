import { SECOND_MS } from '../../domain/base/duration.ts'
import type { ErrorCode } from '../../errors.ts'
import type { Revision } from '../../ports/outlet.ts'
import type { Telemetry } from '../../ports/telemetry.ts'
import type { Ms, Rev, Task } from '../../ports/types.ts'
import type { Whole } from './advance.ts'
import type { Lane } from './lane.ts'

/** In place of a segment, before the first move of a user and after the last. */
const NONE = 'none'

/** Counters of a task alone. They begin at 0 with the task, or their first increase would be missed by who looks for one. */
const COUNTERS = [
  'segmentation_records_total',
  'segmentation_wakes_total',
  'segmentation_takeovers_total',
  'segmentation_refolded_revisions_total',
  'segmentation_diverged_moves_total',
  'segmentation_state_lost_revisions_total',
  'segmentation_profiles_read_total',
] as const

/** What one task counts of its work. It sees all and decides nothing. */
export class TaskMeter {
  readonly #task: Task
  readonly #telemetry: Telemetry
  /** Everything before it was folded: Unix ms. */
  #frontier: Ms
  /** Last revision that the state confirmed. */
  #confirmed: Rev = -1

  /** `now`: Unix ms; before it nothing is known. */
  constructor(task: Task, telemetry: Telemetry, now: Ms) {
    this.#task = task
    this.#telemetry = telemetry
    this.#frontier = now
    for (const name of COUNTERS) this.#count(name, 0)
  }

  /** How far the task is behind at `now`, Unix ms: grows while nothing is folded, whatever keeps it from that. */
  behindMs(now: Ms): Ms {
    return Math.max(0, now - this.#frontier)
  }

  /** The lanes as they stand after a step. */
  stands(lanes: readonly Lane[], now: Ms): void {
    let frontier = now
    for (const lane of lanes) {
      if (lane.empty && lane.rest !== 'more') continue
      const next = lane.empty ? lane.time : lane.head.record.time
      // a record of a file has no time of its own: it is as old as the last rest
      frontier = Math.min(frontier, Number.isNaN(next) ? this.#frontier : next)
    }
    this.#frontier = frontier
  }

  /** A revision was folded, for the first time. */
  folded({ records, wakes, revision, work }: Whole): void {
    const task = this.#task
    this.#count('segmentation_records_total', records)
    this.#count('segmentation_wakes_total', wakes)
    for (const [kind, n] of work.kinds) this.#telemetry.count('segmentation_events_total', { task, kind }, n)
    for (const reason of work.skipped)
      this.#telemetry.count('segmentation_skipped_total', { task, reason }, 1)
    for (const { reason } of revision.deadLetters)
      this.#telemetry.count('segmentation_refused_total', { task, reason }, 1)
  }

  /** A published revision was folded again. */
  refolded({ diverged }: Whole): void {
    this.#count('segmentation_refolded_revisions_total', 1)
    this.#count('segmentation_diverged_moves_total', diverged)
  }

  /** A page was committed at `now`, Unix ms. */
  published(revisions: readonly Revision[], now: Ms): void {
    for (const { transitions, line } of revisions) {
      for (const { from, to, cause, origin, sourceOffset, occurredAt } of transitions) {
        const labels = { from: from ?? NONE, to: to ?? NONE, cause, origin }
        this.#telemetry.count('segmentation_transitions_total', labels, 1)
        if (origin === 'live' && sourceOffset !== null)
          this.#telemetry.observe('segmentation_event_to_publish_seconds', (now - occurredAt) / SECOND_MS)
      }
      for (const [hold, n] of Object.entries(line.suppressed ?? {}))
        this.#telemetry.count('segmentation_suppressed_total', { task: this.#task, hold }, n)
      for (const [reason, n] of Object.entries(line.uncounted ?? {}))
        this.#telemetry.count('segmentation_uncounted_events_total', { task: this.#task, reason }, n)
    }
  }

  tookOver(): void {
    this.#count('segmentation_takeovers_total', 1)
  }

  /** The state confirmed a revision. */
  stored(rev: Rev): void {
    this.#confirmed = Math.max(this.#confirmed, rev)
  }

  /** The state stands at revision `from`. Returns how many it has lost: whoever owned it meanwhile can only have added some. */
  found(from: Rev): number {
    const lost = Math.max(0, this.#confirmed - from)
    this.#confirmed = from
    this.#count('segmentation_state_lost_revisions_total', lost)
    return lost
  }

  doubted(code: ErrorCode): void {
    this.#telemetry.count('segmentation_doubts_total', { task: this.#task, code }, 1)
  }

  stopped(code: ErrorCode): void {
    this.#telemetry.count('segmentation_stops_total', { task: this.#task, code }, 1)
  }

  retried(code: ErrorCode): void {
    this.#telemetry.count('segmentation_retries_total', { task: this.#task, code }, 1)
  }

  #count(name: (typeof COUNTERS)[number], by: number): void {
    this.#telemetry.count(name, { task: this.#task }, by)
  }
}
