import { SegmentationError, type ErrorCode } from '../../errors.ts'

type Known = readonly [code: ErrorCode, what: string]

const away = (what: string): Known => ['unreachable', what]

/** Replies that speak of the server and not of the question: the same call will be answered later. */
const SERVER_TROUBLE: Readonly<Record<string, Known>> = {
  NOPERM: ['config-invalid', 'denies this user a command or a key'],
  OOM: ['store-full', 'is at its maxmemory and takes no writes'],
  LOADING: away('is still loading its data'),
  READONLY: away('is a replica and takes no writes'),
  MASTERDOWN: away('has lost its master'),
  NOREPLICAS: away('has too few replicas and takes no writes'),
  MISCONF: away('cannot save to its disk and takes no writes'),
  BUSY: away('is busy with a script'),
  CLUSTERDOWN: away('is part of a cluster that is down'),
  TRYAGAIN: away('is moving these keys to another node'),
  MOVED: away('sends from node to node'),
  ASK: away('sends from node to node'),
}

/** A defect shows itself by one of these, never a server. */
const DEFECTS = [TypeError, RangeError, ReferenceError, SyntaxError]

/**
 * A failed call as a coded error: `unreachable` or `store-full` where the same call may be made again (every script bears it),
 * `task-fenced` for any other refusal of the server: what became of the call is in doubt. Coded errors and defects pass.
 * Neither the client's error nor the words it quotes are kept: both may hold the user ids that were asked for.
 */
export function redisTrouble(error: unknown, place: string, lastConnectionError?: string): unknown {
  if (error instanceof SegmentationError || !(error instanceof Error)) return error
  if (DEFECTS.some((defect) => error instanceof defect)) return error
  const said = withoutQuotes(error.message)
  if (error.name !== 'ReplyError') {
    const why = lastConnectionError === undefined ? '' : `; ${lastConnectionError}`
    return new SegmentationError('unreachable', `Redis at ${place}: ${said}${why}`)
  }
  const known = SERVER_TROUBLE[wordOf(error.message)]
  if (known) return new SegmentationError(known[0], `Redis at ${place} ${known[1]}`)
  return new SegmentationError('task-fenced', `Redis at ${place} refused: ${said}`)
}

/** What a script may not do, as 7.0 says it: without a word of its own. */
const DENIED_IN_SCRIPT = /user executing the script can't/

/** The reply's first word, or that of the reply which ended a script, as servers before 7.0 wrap it. */
function wordOf(message: string): string {
  if (DENIED_IN_SCRIPT.test(message)) return 'NOPERM'
  const inScript = /: -([A-Z]+) /.exec(message)?.[1]
  return inScript ?? /^[A-Z]+/.exec(message)?.[0] ?? ''
}

/** A master that became a replica: its address may lead to the new master. */
export const isReplicaNow = (error: Error): boolean => wordOf(error.message) === 'READONLY'

function withoutQuotes(message: string): string {
  return message.replace(/with args beginning with.*/s, '').replace(/(['"`]).*?\1/gs, '…')
}
