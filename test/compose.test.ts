import { describe, expect, it } from 'vitest'
import { loadMapping } from '../src/cli/declarations.ts'
import { recipeOf } from '../src/compose.ts'
import { RUN_CONFIG_FORMAT, runPolicySchema, sameRun, type RunConfig } from '../src/config.ts'
import { UTC } from '../src/domain/base/zone.ts'

const made: RunConfig = {
  format: RUN_CONFIG_FORMAT,
  app: 'shop',
  locale: 'en',
  follow: false,
  maxSleep: '24h',
  policy: runPolicySchema.parse({}),
  liveFrom: null,
  currency: 'EUR',
  inputs: [{ topic: 'events', path: 'events.ndjson', format: 'ndjson', mapping: null }],
  model: 'a'.repeat(64),
}
const mapped = made.inputs.map((input) => ({ ...input, mapping: loadMapping('segment') }))

describe('the recipe of a run', () => {
  it.each<[string, Partial<RunConfig>]>([
    ['its currency', { currency: 'JPY' }],
    ['its locale', { locale: 'fr' }],
    ['how long the quiet sleep', { maxSleep: '7d' }],
    ['when they are forgotten', { policy: { ...made.policy, forgetAfterDays: 399 } }],
    ['whom campaigns leave alone', { policy: { ...made.policy, holdoutPct: 5 } }],
    ['how they are dealt out', { policy: { ...made.policy, holdoutSalt: 'spring' } }],
    ['a mapping', { inputs: mapped }],
  ])('is another one with %s', (_, change) => {
    expect(recipeOf({ ...made, ...change }, { UTC })).not.toBe(recipeOf(made, { UTC }))
  })

  it.each<[string, Partial<RunConfig>]>([
    ['where its files lie', { inputs: made.inputs.map((input) => ({ ...input, path: 'elsewhere' })) }],
    ['whether more is waited for', { follow: true }],
    ['its bundle, which comes by the control input', { model: 'b'.repeat(64) }],
  ])('does not ask for %s', (_, change) => {
    expect(recipeOf({ ...made, ...change }, { UTC })).toBe(recipeOf(made, { UTC }))
  })
})

describe('a run that goes on', () => {
  it.each<[Partial<RunConfig>, string]>([
    [{ app: 'other' }, 'with --app shop, now other is given'],
    [{ locale: 'fr' }, 'with --locale en, now fr is given'],
    [{ maxSleep: '7d' }, 'with --max-sleep 24h, now 7d is given'],
    [{ currency: 'JPY' }, 'with --currency EUR, now JPY is given'],
    [
      { liveFrom: '2025-01-01T00:00:00.000Z' },
      'with --live-from the first event, now 2025-01-01T00:00:00.000Z',
    ],
    [{ policy: { ...made.policy, holdoutPct: 2.5 } }, 'with --holdout 0 %, now 2.5 % is given'],
    [{ policy: { ...made.policy, holdoutSalt: 'x' } }, 'with --holdout-salt , now x is given'],
    [{ model: 'b'.repeat(64) }, 'with bundle aaaaaaaaaaaa, now bbbbbbbbbbbb is given'],
    [{ inputs: mapped }, 'with mapping (input events) none, now segment is given'],
  ])('refuses %j, naming both', (given, message) => {
    expect(() => sameRun(made, given, 'run')).toThrow(
      expect.objectContaining({
        code: 'folder-foreign',
        message: expect.stringContaining(message) as string,
      }),
    )
  })

  it('agrees with what it was made with, and with silence', () => {
    expect(() => sameRun(made, made, 'run')).not.toThrow()
    expect(() => sameRun(made, {}, 'run')).not.toThrow()
  })
})
