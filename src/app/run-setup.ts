import type { Labels } from '../domain/segments/labels.ts'
import type { Bundle } from '../domain/segments/bundle.ts'
import { commandLine } from './control.ts'

/**
 * The first command of a run promotes its bundle before every event: from then on a bundle reaches a task only by the control
 * input, the first one like any later.
 */
export function firstCommand(bundle: Bundle, labels: Labels): string {
  return commandLine({
    command: 'promote',
    commandId: `first-${bundle.version.slice(0, 12)}`,
    issuedAt: 0,
    bundle,
    labels,
  })
}
