import { SegmentationError } from '../errors.ts'

export interface Failure {
  readonly exit: number
  readonly text: string
}

/**
 * What a person reads when a command fails: an expected failure is one block without a stack; anything else is a defect of
 * this program and says so, with the stack that a report needs. `debug` shows the stack of expected failures too.
 */
export function failureOf(error: unknown, debug: boolean): Failure {
  if (error instanceof SegmentationError) {
    const lines = [`error [${error.code}]: ${error.message}`, `  ${error.hint}`]
    if (debug) lines.push(stackOf(error))
    return { exit: error.exit, text: lines.join('\n') }
  }
  return {
    exit: 1,
    text: [
      'error [defect]: this is a defect in segmentation, not in your input',
      '  Please report it with the command you ran and the lines below.',
      stackOf(error),
    ].join('\n'),
  }
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const text = error.stack ?? `${error.name}: ${error.message}`
  return error.cause === undefined ? text : `${text}\ncaused by: ${stackOf(error.cause)}`
}
