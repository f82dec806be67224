import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import type { Cli } from '../../src/cli/cli.ts'
import { failureOf } from '../../src/cli/failure.ts'
import { buildProgram } from '../../src/cli/program.ts'
import { ERRORS, SegmentationError } from '../../src/errors.ts'
import { RUN_CONFIG_FORMAT } from '../../src/config.ts'
import { CODEC_VERSION } from '../../src/domain/profile/profiles.ts'
import { FOLD_VERSION } from '../../src/domain/profile/version.ts'
import { BUNDLE_FORMAT } from '../../src/domain/segments/bundle.ts'
import { run } from './run.ts'

const silent: Cli = {
  write: async () => {},
  print: async () => {},
  note: () => {},
  progress: () => ({ at: () => {}, stop: () => {} }),
}
const verbs = buildProgram(silent).commands

describe('help', () => {
  it('without a command lists every command and ends with 0', async () => {
    const { code, out, err } = await run([])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    for (const verb of verbs) expect(out).toContain(verb.name())
  })

  it.each(verbs.map((v) => v.name()))(
    '%s: the manual has a description, examples of itself, and --json',
    async (verb) => {
      const { code, out, err } = await run(['help', verb])
      expect({ code, err }).toEqual({ code: 0, err: '' })
      const own = verbs.find((v) => v.name() === verb)
      const manuals = own?.commands.length ? own.commands.map((part) => part.helpInformation()) : [out]
      expect(manuals.some((manual) => manual.includes('--json'))).toBe(true)
      expect(out).toMatch(new RegExp(`Examples:\\n  # .+\\n  segmentation ${verb}`))
      expect(await run([verb, '--help'])).toEqual({ code, out, err })
    },
  )

  it('says which version and formats it is', async () => {
    const { code, out } = await run(['--version'])
    expect(code).toBe(0)
    expect(out).toMatch(/^segmentation \d+\.\d+\.\d+\n/)
    expect(out).toMatch(new RegExp(`^foldVersion +${FOLD_VERSION}$`, 'm'))
    const formats = `bundle ${BUNDLE_FORMAT}, profile ${CODEC_VERSION}, run folder ${RUN_CONFIG_FORMAT}`
    expect(out).toMatch(new RegExp(`^formats +${formats}$`, 'm'))
  })
})

describe('wrong usage ends with 2, on stderr, and points to the manual', () => {
  it.each([
    [['nosuch'], "unknown command 'nosuch'"],
    [['generat'], 'Did you mean generate?'],
    [['generate'], 'expected either --out FILE or --to kafka'],
    [['generate', '--out', 'x', '--nosuch'], "unknown option '--nosuch'"],
    [['generate', '--out', 'x', '--users', 'many'], 'Expected a whole number'],
    [['generate', '--out', 'x', '--days', '0'], 'Expected a whole number'],
    [['help', 'nosuch'], "unknown command 'nosuch'"],
  ])('%j', async (args, text) => {
    const { code, out, err } = await run(args)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain('error [usage]: ')
    expect(err).toContain(text)
    expect(err).toContain('segmentation help')
    expect(err).not.toMatch(/\n +at /)
  })
})

describe('failures', () => {
  it('that are expected are one block: code, message, way out; no stack unless asked for', () => {
    for (const code of Object.keys(ERRORS) as (keyof typeof ERRORS)[]) {
      const error = new SegmentationError(code, 'a.csv: expected 1, found 2')
      const { exit, text } = failureOf(error, false)
      expect(exit).toBe(ERRORS[code].exit)
      expect(text).toBe(`error [${code}]: a.csv: expected 1, found 2\n  ${ERRORS[code].hint}`)
      expect(failureOf(error, true).text).toMatch(/\n +at /)
    }
  })

  it('that are not expected say that they are a defect and show where', () => {
    const { exit, text } = failureOf(new TypeError('x is undefined', { cause: new Error('below') }), false)
    expect(exit).toBe(1)
    expect(text).toContain('a defect in segmentation, not in your input')
    expect(text).toContain('TypeError: x is undefined')
    expect(text).toContain('caused by: Error: below')
  })

  it('of the outside are shown by the running program', async () => {
    const missing = await run(['generate', '--out', '/nonexistent/folder/x.ndjson'])
    expect({ code: missing.code, out: missing.out }).toEqual({ code: 2, out: '' })
    expect(missing.err).toMatch(/^error \[file-missing\]: \/nonexistent\/folder\/x\.ndjson: .+\n {2}\S.+\n$/)
  })
})

describe('a reader that has seen enough', () => {
  it('is no failure', async () => {
    const { err } = await run(['help', 'generate'], { stop: 1 })
    expect(err).toBe('')
  })
})

describe('registration', () => {
  it('gives every verb a summary and its own name once', () => {
    expect(verbs.every((v) => v instanceof Command && v.summary() !== '')).toBe(true)
    expect(new Set(verbs.map((v) => v.name())).size).toBe(verbs.length)
  })
})
