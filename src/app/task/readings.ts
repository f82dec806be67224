import { SECOND_MS } from '../../domain/base/duration.ts'
import { sample, type Sample } from '../../ports/metrics.ts'
import type { Ms } from '../../ports/types.ts'
import type { TaskLoop } from './loop.ts'
import type { TaskMemory } from './memory.ts'
import { statusOf } from './status.ts'

/** Characters of a bundle's version that name it. */
const VERSION_LENGTH = 12

/** The gauges of one task as it stands at `now`, Unix ms. Nothing is kept for them while nobody asks. */
export function readingsOf(loop: TaskLoop, now: Ms): Sample[] {
  const { task, phase, held, hold, trouble, outages, folded, published, stored, clock } = statusOf(loop)
  const samples = [
    sample('segmentation_task_phase', { task, phase }, 1),
    sample('segmentation_held', { task, by: held ? (hold?.why ?? 'operator') : 'nobody' }, held ? 1 : 0),
    sample('segmentation_seconds_behind', { task }, loop.meter.behindMs(now) / SECOND_MS),
  ]
  if (trouble) samples.push(sample('segmentation_task_trouble', { task, code: trouble.code }, 1))
  for (const { waits, since } of outages)
    samples.push(sample('segmentation_outage_seconds', { task, waits }, Math.max(0, now - since) / SECOND_MS))
  for (const [stage, rev] of Object.entries({ folded, published, stored }))
    samples.push(sample('segmentation_revision', { task, stage }, rev))
  if (clock !== null) samples.push(sample('segmentation_stream_time_seconds', { task }, clock / SECOND_MS))
  if (loop.fold) samples.push(...memoryOf(task, loop.fold.memory))
  return samples
}

function memoryOf(task: number, memory: TaskMemory): Sample[] {
  const { lanes, book, tally, deployment } = memory
  const samples = [
    sample('segmentation_profiles', { task }, book.profiles.size),
    sample('segmentation_dirty_profiles', { task }, book.dirtyCount),
  ]
  for (const lane of lanes) {
    const { topic } = lane.input
    samples.push(sample('segmentation_records_behind', { task, topic }, lane.behind))
    if (!Number.isNaN(lane.time))
      samples.push(sample('segmentation_input_timestamp_seconds', { task, topic }, lane.time / SECOND_MS))
  }
  for (const [segment, n] of Object.entries(tally.counts().members))
    samples.push(sample('segmentation_members', { task, segment }, n))
  const version = deployment?.bundle.version.slice(0, VERSION_LENGTH)
  if (version !== undefined) samples.push(sample('segmentation_bundle_info', { task, version }, 1))
  return samples
}
