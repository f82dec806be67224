import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll } from 'vitest'

export const ROOT = resolve(import.meta.dirname, '../..')
const MAIN = join(ROOT, 'dist/main.js')

export interface Run {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs the built program as a person does. `stop` ends reading stdout after so many characters, as `head` does. */
export async function run(
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; stop?: number } = {},
): Promise<Run> {
  if (!existsSync(MAIN)) execFileSync('npx', ['tsc'], { cwd: ROOT, stdio: 'inherit' })
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: options.cwd ?? ROOT,
    env: { ...process.env, NO_COLOR: '1', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
    if (options.stop !== undefined && out.length >= options.stop) child.stdout.destroy()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  const code = await new Promise<number | null>((done, failed) => child.on('close', done).on('error', failed))
  return { code, out, err }
}

/** A folder that is gone after the tests of the file. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'segmentation-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
