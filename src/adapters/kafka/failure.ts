import { SegmentationError, type ErrorCode } from '../../errors.ts'

/** Broker errors that say more than "not now". */
const CODES: Readonly<Record<string, ErrorCode>> = {
  MESSAGE_TOO_LARGE: 'page-too-large',
  RECORD_LIST_TOO_LARGE: 'page-too-large',
  INVALID_PRODUCER_EPOCH: 'task-fenced',
  PRODUCER_FENCED: 'task-fenced',
  INVALID_PRODUCER_ID_MAPPING: 'task-fenced',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'config-invalid',
  TOPIC_AUTHORIZATION_FAILED: 'config-invalid',
  GROUP_AUTHORIZATION_FAILED: 'config-invalid',
  CLUSTER_AUTHORIZATION_FAILED: 'config-invalid',
  SASL_AUTHENTICATION_FAILED: 'config-invalid',
  // the client's own name for it
  KafkaJSSASLAuthenticationError: 'config-invalid',
}

/** PRODUCER_FENCED in the newest brokers; kafkajs has no name for it. */
const FENCED_CODE = 90

/**
 * A failure of the client as a coded error: what was being done, and the client's word for it. All that is not known to be
 * final is `unreachable`, to be tried again. Coded errors pass.
 */
export function kafkaFailure(error: unknown, doing: string): SegmentationError {
  if (error instanceof SegmentationError) return error
  const cause = rootOf(error)
  const { code, name, message } = cause
  const type = typeof cause.type === 'string' ? cause.type : undefined
  const known = CODES[type ?? name ?? '']
  const errorCode = known ?? (code === FENCED_CODE ? 'task-fenced' : 'unreachable')
  return new SegmentationError(errorCode, `${doing}: ${type ?? name ?? 'error'}: ${message ?? ''}`, error)
}

interface ClientError {
  readonly type?: unknown
  readonly code?: unknown
  readonly name?: string
  readonly message?: string
  readonly cause?: unknown
}

/** kafkajs wraps what it gave up on. */
function rootOf(error: unknown): ClientError {
  let at = error as ClientError
  while (at.type === undefined && at.cause instanceof Error) at = at.cause
  return at
}
