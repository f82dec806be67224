import { InvalidArgumentError, Option } from 'commander'
import { durationText, parseDurationMs } from '../domain/base/duration.ts'
import { minorDigits } from '../domain/events/currency.ts'
import { builtinNames, FEATURE_SET_DEFAULT } from './declarations.ts'

/** Parser of a whole number within bounds; commander turns its complaint into a usage error. */
export function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!/^-?\d+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`)
    }
    return value
  }
}

/** Parser of a number within bounds. */
export function decimal(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!/^-?\d+(\.\d+)?$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`Expected a number from ${min} to ${max}.`)
    }
    return value
  }
}

/** A duration in ms; `none` is 0, because commander takes null for no value at all. */
export function durationOption(flags: string, description: string, fallback: number): Option {
  return new Option(flags, `${description}, or none`)
    .argParser((text: string) => {
      const ms = text === 'none' ? 0 : parseDurationMs(text)
      if (ms === undefined) throw new InvalidArgumentError('Expected a duration such as 12h or 7d, or none.')
      return ms
    })
    .default(fallback, fallback === 0 ? 'none' : durationText(fallback))
}

/** A day in UTC, as Unix ms of its midnight. */
export function dayOption(flags: string, description: string, fallback: number): Option {
  const parse = (text: string): number => {
    const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : Number.NaN
    if (Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(text))
      throw new InvalidArgumentError('Expected a day such as 2025-01-01.')
    return ms
  }
  return new Option(flags, description)
    .argParser(parse)
    .default(fallback, new Date(fallback).toISOString().slice(0, 10))
}

export const MAX_SEED = 2 ** 32 - 1

export function seedOption(fallback: number): Option {
  return new Option('--seed <n>', 'the same seed gives the same result')
    .argParser(integer(0, MAX_SEED))
    .default(fallback)
}

export function jsonOption(): Option {
  return new Option('--json', 'the result as JSON on stdout')
}

/** The one currency of all amounts; `fallback` says what it is where the option is left out. */
export function currencyOption(fallback: string): Option {
  return new Option(
    '--currency <code>',
    `of all amounts, others are refused; default: ${fallback}`,
  ).argParser((text: string) => {
    if (minorDigits(text) === undefined)
      throw new InvalidArgumentError('Expected an ISO 4217 code such as EUR.')
    return text
  })
}

/** Default of `--currency` where events are read to their end. */
export const FIRST_CURRENCY = 'that of the first event that has one'

export function featureSetOption(): Option {
  return featureSetChoice('').default(FEATURE_SET_DEFAULT)
}

/** The same without a default; `note` says what is taken where it is left out. */
export function featureSetChoice(note: string): Option {
  const names = builtinNames('feature-sets').join(', ')
  return new Option('--feature-set <name|file>', `built in: ${names}; or a JSON file${note}`)
}

/** The examples that end a manual page: each a command and what it is for. */
export function examples(lines: readonly (readonly [command: string, why: string])[]): string {
  return [
    '',
    'Examples:',
    ...lines.flatMap(([command, why]) => [`  # ${why}`, `  segmentation ${command}`]),
  ].join('\n')
}
