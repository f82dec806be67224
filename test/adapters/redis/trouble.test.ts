import { describe, expect, test } from 'vitest'
import { isReplicaNow, redisTrouble } from '../../../src/adapters/redis/trouble.ts'
import { SegmentationError } from '../../../src/errors.ts'

const failure = (name: string, message: string): Error => Object.assign(new Error(message), { name })

describe('trouble with Redis', () => {
  test.each([
    ['Error', 'Connection is closed.', 'unreachable'],
    ['Error', 'Command timed out', 'unreachable'],
    ['Error', "Stream isn't writeable and enableOfflineQueue options is false", 'unreachable'],
    ['MaxRetriesPerRequestError', 'Reached the max retries per request limit', 'unreachable'],
    ['ClusterAllFailedError', 'Failed to refresh slots cache.', 'unreachable'],
    ['ReplyError', 'LOADING Redis is loading the dataset in memory', 'unreachable'],
    ['ReplyError', 'CLUSTERDOWN Hash slot not served', 'unreachable'],
    ['ReplyError', 'TRYAGAIN Multiple keys request during rehashing of slot', 'unreachable'],
    ['ReplyError', "READONLY You can't write against a read only replica.", 'unreachable'],
    ['ReplyError', 'NOREPLICAS Not enough good replicas to write.', 'unreachable'],
    ['ReplyError', 'MASTERDOWN Link with MASTER is down', 'unreachable'],
    ['ReplyError', 'MISCONF Errors writing to the AOF file', 'unreachable'],
    ['ReplyError', "OOM command not allowed when used memory > 'maxmemory'.", 'store-full'],
    // a server before 7.0, from within a script
    [
      'ReplyError',
      'ERR Error running script (call to f_0): @user_script:24: -OOM command not allowed',
      'store-full',
    ],
    ['ReplyError', 'WRONGTYPE Operation against a key holding the wrong kind of value', 'task-fenced'],
    ['ReplyError', 'NOAUTH Authentication required.', 'task-fenced'],
    ['ReplyError', 'ERR something never heard of', 'task-fenced'],
  ])('%s %s is %s', (name, message, code) => {
    const error = redisTrouble(failure(name, message), 'cache:6379')
    expect(error).toBeInstanceOf(SegmentationError)
    expect(error).toMatchObject({ code, retryable: true, message: expect.stringContaining('cache:6379') })
  })

  test.each([
    [
      "ERR unknown command 'FOO', with args beginning with: 'user-1' 'user-2' ",
      /^Redis at c refused: ERR unknown command …, $/,
    ],
    ['ERR value "user-1" is not what `user-2` was', /^Redis at c refused: ERR value … is not what … was$/],
  ])('the words of a server are passed on without what they quote: %s', (said, passed) => {
    const error = redisTrouble(failure('ReplyError', said), 'c') as Error
    expect(error.message).toMatch(passed)
    expect(error.cause).toBeUndefined()
  })

  test.each([
    ["READONLY You can't write against a read only replica. script: 0, on @user_script:5.", true],
    // a server before 7.0, from within a script
    [
      "ERR Error running script (call to f_0): @user_script:24: -READONLY You can't write against a read only replica.",
      true,
    ],
    ['LOADING Redis is loading the dataset in memory', false],
    ['ERR Error running script (call to f_0): @user_script:24: -OOM command not allowed', false],
  ])('a master that became a replica is left for another connection: %s', (said, left) => {
    expect(isReplicaNow(failure('ReplyError', said))).toBe(left)
  })

  test('coded errors and defects pass as they are', () => {
    for (const error of [new SegmentationError('state-lost', 'x'), new TypeError('x'), 'text']) {
      expect(redisTrouble(error, 'c')).toBe(error)
    }
  })

  test('the last error of the connection is said: it knows more than the refused call', () => {
    const error = redisTrouble(
      failure('Error', 'Connection is closed.'),
      'c',
      'connect ECONNREFUSED',
    ) as Error
    expect(error.message).toBe('Redis at c: Connection is closed.; connect ECONNREFUSED')
  })
})
