import type { TaskStatus } from '../app/task/status.ts'
import type { Surveyed } from '../app/task/survey.ts'
import type { Ms } from '../ports/types.ts'
import { duration, number } from '../render/format.ts'
import { table } from '../render/table.ts'

/** A task as anybody sees it, with its owner, and as that says it stands, where it answers. */
export interface TaskLine extends Surveyed {
  /** Name of the member that holds it; null: nobody, or not known. */
  readonly owner: string | null
  readonly live: TaskStatus | null
}

/** One line a task; what needs a person stands below, with the way out. */
export function taskLines(lines: readonly TaskLine[], now: Ms): string {
  const rev = (n: number | null): string => (n === null ? '–' : number(n))
  const rows = table(lines, [
    { title: 'TASK', value: (l) => String(l.task), align: 'right' },
    { title: 'OWNER', value: (l) => l.owner ?? '–' },
    { title: 'PHASE', value: phase },
    { title: 'BEHIND', value: (l) => number(l.behind), align: 'right' },
    {
      title: 'CLOCK',
      value: (l) => (l.clock === null ? '–' : `${duration(now - l.clock)} ago`),
      align: 'right',
    },
    { title: 'PUBLISHED', value: (l) => rev(l.published), align: 'right' },
    { title: 'STORED', value: (l) => rev(l.stored), align: 'right' },
  ])
  const words = lines.flatMap((l) => troubles(l).map((text) => `task ${l.task}: ${text}`))
  return [rows, ...words].join('\n')
}

function phase({ live, trouble, held, owner }: TaskLine): string {
  if (live) return live.held ? `${live.phase}, on hold` : live.phase
  if (trouble) return 'to be stopped'
  return `${owner === null ? 'nobody’s' : 'owned'}${held ? ', on hold' : ''}`
}

function troubles({ live, trouble }: TaskLine): string[] {
  const found = live?.trouble ?? trouble
  return [
    ...(found ? [`${found.code}: ${found.why}. ${found.wayOut}`] : []),
    ...(live?.outages.map(({ waits, why }) => `${waits} waits: ${why}`) ?? []),
  ]
}
