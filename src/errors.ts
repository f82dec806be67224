/**
 * Every error that ends a process or stops a task: what it means, whether trying again can help, how the
 * process exits, and what a person can do. Nothing is retryable unless this table says so.
 *
 * Trouble with one record is not here: it is a value (ok, skipped, refused) and ends in the dead letters.
 */
export interface ErrorRow {
  /** The task may make the same call again by itself. */
  readonly retryable: boolean
  /** Process exit code: 1 failure, 2 usage, 3 a check failed. */
  readonly exit: 1 | 2 | 3
  readonly hint: string
}

const row = (exit: 1 | 2 | 3, hint: string, retryable = false): ErrorRow => ({ retryable, exit, hint })

export const ERRORS = {
  // usage and configuration
  usage: row(2, 'See `segmentation help <command>`.'),
  'config-invalid': row(
    2,
    'Correct the values named above; `segmentation help <command>` lists what is expected.',
  ),
  'file-missing': row(2, 'Check the path; relative paths start at the current folder.'),
  'file-unreadable': row(
    1,
    'Check the permissions and that the disk is healthy, then run the same command again.',
    true,
  ),
  'mapping-invalid': row(2, 'Correct the mapping at the place named above.'),
  'feature-set-invalid': row(2, 'Correct the feature set at the place named above.'),
  'bundle-invalid': row(2, 'Train the model again, or restore the file from its source.'),
  'bundle-hash': row(
    2,
    'The file was changed after training. Restore the original; names and texts belong in labels.json.',
  ),
  'study-invalid': row(2, 'Train the model again: its study is written beside it.'),
  'training-data': row(1, 'Give more events, an earlier --as-of, or a smaller --k or --min-events.'),
  // inputs
  'input-truncated': row(
    1,
    'Replace the file by a complete copy and run the same command again: it goes on where it stopped.',
  ),
  'input-changed': row(
    1,
    'Give the input exactly as it was when the run folder was made; or `segmentation tasks resume 0 --accept source` takes it as ' +
      'it is now.',
  ),
  'input-shrunk': row(
    1,
    'An input file may only grow. Restore it, or `segmentation tasks resume 0 --accept source` goes on at its end.',
  ),
  // the run folder
  'folder-in-use': row(
    1,
    'Another process works on this folder. Stop it first, or use another --state folder.',
    true,
  ),
  'folder-foreign': row(2, 'Use the options that the folder was made with, or a new --state folder.'),
  'folder-missing': row(2, 'Name a run folder made by `segmentation stream --state DIR`.'),
  'state-version': row(
    1,
    'Run the version that wrote it. Where it is the profiles that have another form, `segmentation tasks resume P --accept ' +
      'rebuild` folds them again by the journal.',
  ),
  'disk-full': row(1, 'Free space on the disk and run the same command again: nothing was lost.'),
  'disk-error': row(
    1,
    'Check the disk, then run the same command again: it goes on from the last whole page.',
    true,
  ),
  // the task stops; each names its way out
  'state-lost': row(
    1,
    'The state is incomplete. `segmentation tasks resume P --accept rebuild` folds it again from the inputs, by the journal.',
  ),
  'state-foreign': row(
    1,
    'State and journal do not belong together. Restore both from one backup, or `segmentation tasks resume P --accept rebuild` ' +
      'folds the state again by the journal. Without its journal an app can only be started anew.',
  ),
  'source-gap': row(
    1,
    'The input no longer holds what is to be folded. Restore it, or `segmentation tasks resume P --accept gap` goes on at its ' +
      'start and counts the loss.',
  ),
  'source-differs': row(
    1,
    'The input holds other records than those that were processed. Restore it, or `segmentation tasks resume P --accept source` ' +
      'takes them as they are now.',
  ),
  'source-short': row(
    1,
    'The input holds less than was processed. It is waited for; if it does not come back, `segmentation tasks resume P ' +
      '--accept source` takes it as it is now.',
    true,
  ),
  'schema-lost': row(
    1,
    'The registry had a schema when these records were first read. Give it back under its id, then start again.',
  ),
  'recipe-differs': row(
    1,
    'Inputs or mappings changed. Use the former ones, or `segmentation tasks resume P --accept recipe` takes the new ones, with ' +
      '--start INPUT=PLACE for each new input.',
  ),
  'unknown-command': row(1, 'A control command that this version does not know. Upgrade, then start again.'),
  'needs-other-aggregates': row(
    1,
    'The promoted bundle needs aggregates that this task does not maintain. Start a new run with it.',
  ),
  'aggregates-young': row(
    2,
    'Its features would count less than they say. Wait, train with shorter windows, or `promote --young` takes them as they are.',
  ),
  'page-too-large': row(1, 'A page is larger than the output accepts. Raise its limit, then start again.'),
  'task-fenced': row(1, 'Another process owns this task now.', true),
  'refused-rate': row(
    1,
    'More than 5 % of the records of a minute were refused. Look into the dead letters, correct the producer or the mapping; ' +
      '`segmentation tasks resume P --accept refusals` goes on.',
    true,
  ),
  unreachable: row(1, 'The server did not answer in time; it will be tried again.', true),
  'schema-missing': row(
    1,
    'Records name a schema that the registry does not have. They are waited for, then refused.',
    true,
  ),
  'schema-differs': row(
    1,
    'A schema id has come to mean something else: restore the registry with its ids, then start again.',
  ),
  'schema-incompatible': row(
    2,
    'Other versions of the subject do not fit this one under FULL_TRANSITIVE. Correct them or the level, or use other topics.',
  ),
  'store-full': row(
    1,
    'The task waits and loses nothing. Give the state store more memory (maxmemory), or free some of it.',
    true,
  ),
  // checks
  'check-failed': row(3, 'The lines marked ✗ above say what differs.'),
} as const satisfies Record<string, ErrorRow>

export type ErrorCode = keyof typeof ERRORS

/** An expected failure of the process, with a code of `ERRORS`. The message names value, place and what was expected. */
export class SegmentationError extends Error {
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly exit: number
  readonly hint: string

  constructor(code: ErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'SegmentationError'
    this.code = code
    this.retryable = ERRORS[code].retryable
    this.exit = ERRORS[code].exit
    this.hint = ERRORS[code].hint
  }
}

/** Throws a coded error; for use in expressions. */
export function fail(code: ErrorCode, message: string, cause?: unknown): never {
  throw new SegmentationError(code, message, cause)
}

/** A state that the code rules out. Seeing this is a defect in this program, never in its input. */
export function assert(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${what}`)
}
