import { execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Of Kubernetes: the API server, and the schemas of its kinds. */
export const KUBERNETES = '1.34.4'

const TOOLS = join(homedir(), '.cache', 'segmentation-test', `kube-tools-${KUBERNETES}`)

export type Tool = 'helm' | 'kubeconform' | 'kube-apiserver' | 'swagger.json'

/** Where a tool lies that `test/helm/tools/build.sh` has made; undefined, said once, where it has not. With `CI` set it must have. */
export function tool(name: Tool): string | undefined {
  const path = join(TOOLS, name)
  if (existsSync(path)) return path
  return lacking(`${name} is missing: test/helm/tools/build.sh builds it`)
}

/** A program that a package of Debian brings. */
export function program(name: string, debianPackage: string): string | undefined {
  try {
    return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim()
  } catch {
    return lacking(`${name} is missing: install ${debianPackage}`)
  }
}

function lacking(why: string): undefined {
  if (process.env['CI']) throw new Error(why)
  process.stdout.write(`tests are skipped: ${why}\n`)
  return undefined
}

export interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export async function runTool(path: string, args: readonly string[], input = ''): Promise<Ran> {
  const child = spawn(path, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  child.stdin.end(input)
  const code = await new Promise<number | null>((done, failed) => child.on('close', done).on('error', failed))
  return { code, out, err }
}
