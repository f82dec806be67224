import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from '../../cli/run.ts'
import type { LogOptions } from '../../../src/adapters/log/telemetry.ts'
import { LOG_LEVELS } from '../../../src/ports/telemetry.ts'

/** What a process of its own writes to stderr: one notice of each level, a page and a point that nobody hears of. */
function lines(options: LogOptions): string[] {
  const program = `
    const { logTelemetry } = await import('${join(ROOT, 'dist/adapters/log/telemetry.js')}')
    const log = logTelemetry(${JSON.stringify(options)})
    for (const level of ['info', 'warn', 'error']) log.notice({ level, task: level === 'info' ? -1 : 3, text: 'it ' + level, code: 'unreachable' })
    log.point(3, 'published', 7)
    log.point(3, 'polled', 7)`
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
  return stderr.split('\n').slice(0, -1)
}

test.each(LOG_LEVELS)('from %s on, and nothing below', (level) => {
  const said = lines({ plain: false, level }).map((line) => (JSON.parse(line) as { level: string }).level)
  const order = ['info', 'warn', 'error', 'debug']
  expect(said).toEqual(order.filter((one) => LOG_LEVELS.indexOf(one as 'info') <= LOG_LEVELS.indexOf(level)))
  expect(lines({ plain: true, level })).toHaveLength(said.length)
})

test('a line for programs has a level in words, a time, the names of the process, and a task where it is one’s', () => {
  const [of, task] = lines({ plain: false, names: { app: 'shop', member: 'a' } }).map(
    (line) => JSON.parse(line) as Record<string, unknown>,
  )
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as unknown
  expect(of).toEqual({ level: 'info', time, app: 'shop', member: 'a', code: 'unreachable', msg: 'it info' })
  expect(task).toMatchObject({ level: 'warn', task: 3, msg: 'it warn' })
})

test('a line for people is a sentence', () => {
  expect(lines({ plain: true, level: 'debug' })).toEqual([
    'it info',
    'warn: it warn',
    'error: it error',
    'debug: task 3: published up to revision 7',
  ])
})
