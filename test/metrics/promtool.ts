import { spawnSync } from 'node:child_process'
import type { TestContext } from 'vitest'

/** Prometheus' own checker. Where it is not installed the test is skipped and says so; where `CI` is set it must be there. */
export function promtool(
  context: TestContext,
  args: readonly string[],
  input = '',
): { status: number | null; words: string } {
  const { error, status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' })
  if (error !== undefined) {
    const why = 'promtool is not installed: nobody but ourselves checks metrics and rules'
    if (process.env['CI']) throw new Error(why)
    context.skip(why)
  }
  return { status, words: `${stdout}${stderr}` }
}
