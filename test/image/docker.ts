import { spawn } from 'node:child_process'

export interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs the docker client, against the Docker that `DOCKER_HOST` names. */
export async function docker(args: readonly string[]): Promise<Ran> {
  // the builder that is in every Docker: what it takes, others take too
  const env = { ...process.env, DOCKER_BUILDKIT: '0' }
  const child = spawn('docker', args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  const code = await new Promise<number | null>((done, failed) => child.on('close', done).on('error', failed))
  return { code, out, err }
}

/** The same where nothing but success will do: what it said on stdout. */
export async function dockerOut(args: readonly string[]): Promise<string> {
  const { code, out, err } = await docker(args)
  if (code !== 0) throw new Error(`docker ${args.join(' ')} ended with ${String(code)}: ${err}${out}`)
  return out
}
