import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT, tempFolder } from './run.ts'

const folder = tempFolder()

function summary(
  states: readonly string[] | undefined,
  code: number,
  broken = false,
): { last: string; exit: number | null } {
  const path = join(folder, 'report.json')
  const assertionResults = (states ?? []).map((status, i) => ({ status, fullName: `rule ${i}` }))
  const failed = broken || assertionResults.some((t) => t.status === 'failed')
  const file = { name: 'a.test.ts', status: failed ? 'failed' : 'passed', message: '', assertionResults }
  writeFileSync(path, states === undefined ? 'cut sho' : JSON.stringify({ testResults: [file] }))
  const found = spawnSync(process.execPath, ['.ci/summary.mjs', String(code), path], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  return { last: found.stdout.trimEnd().split('\n').at(-1) ?? '', exit: found.status }
}

describe('the last line of a CI run', () => {
  it.each([
    ['all well', ['passed', 'passed', 'skipped', 'pending', 'todo'], 0, '2 passed, 0 failed, 3 skipped', 0],
    ['a failure', ['passed', 'failed'], 1, '1 passed, 1 failed, 0 skipped', 1],
    ['nothing ran', [], 0, '0 passed, 1 failed, 0 skipped', 1],
    ['only skipped', ['skipped'], 0, '0 passed, 1 failed, 1 skipped', 1],
    ['the runner broke', ['passed'], 1, '1 passed, 1 failed, 0 skipped', 1],
    ['no report', undefined, 1, '0 passed, 1 failed, 0 skipped', 1],
  ] as const)('%s', (_, states, code, last, exit) => {
    expect(summary(states, code)).toEqual({ last, exit })
  })

  it('counts a file that broke before its first test', () => {
    expect(summary(['passed'], 1, true)).toEqual({ last: '1 passed, 1 failed, 0 skipped', exit: 1 })
    expect(summary([], 1, true)).toEqual({ last: '0 passed, 1 failed, 0 skipped', exit: 1 })
  })
})
