import { Command } from 'commander'
import { expect, test } from 'vitest'
import { DAY_MS, HOUR_MS } from '../../src/domain/base/duration.ts'
import { durationOption } from '../../src/cli/options.ts'

const parsed = (...args: string[]): unknown =>
  new Command()
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .addOption(durationOption('--wait <duration>', 'how long', 7 * DAY_MS))
    .parse(args, { from: 'user' })
    .opts()['wait']

test.each([
  [[], 7 * DAY_MS],
  [['--wait', '12h'], 12 * HOUR_MS],
  [['--wait', 'none'], 0],
])('a duration by %j: %i ms', (args, ms) => expect(parsed(...args)).toBe(ms))

test.each(['0', '7', '1.5d', ''])('"%s" is no duration', (text) => {
  expect(() => parsed('--wait', text)).toThrow(/Expected a duration/)
})
