import type { Labels } from '../domain/segments/labels.ts'
import type { Bundle } from '../domain/segments/bundle.ts'
import { commandLine } from './control.ts'

/** Texts that a run starts with: its first command, and what readers may know of the segments. */
export interface FirstTexts {
  readonly control: string
  readonly catalog: string
}

/**
 * The first command of a run promotes its bundle before every event: from then on a bundle reaches a task only by the control
 * input, the first one like any later.
 */
export function firstTexts(bundle: Bundle, labels: Labels): FirstTexts {
  const control = commandLine({
    command: 'promote',
    commandId: `first-${bundle.version.slice(0, 12)}`,
    issuedAt: 0,
    bundle,
    labels,
  })
  const catalog = Object.keys(labels)
    .sort()
    .map((segment) => `${JSON.stringify({ segment, ...labels[segment], bundleVersion: bundle.version })}\n`)
    .join('')
  return { control, catalog }
}
