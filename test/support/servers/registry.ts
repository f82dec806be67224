import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SECOND_MS } from '../../../src/domain/base/duration.ts'

/**
 * A real schema registry for tests: the one at `SEGMENTATION_TEST_REGISTRY` (URL of Confluent's API), else Apicurio in memory,
 * started from its package (Java and Maven) on a free port of this machine.
 */
export interface RegistryServer {
  readonly url: string
  /** Where it listens, for a wire before it. */
  readonly port: number
  /** Kills it and starts it again, empty; only where it was started here. */
  readonly restart: (() => Promise<void>) | undefined
  stop(): Promise<void>
}

const VERSION = '3.0.9'
const SHA256 = '2b28181501a20cbf6efcd77f9b7153908fc01f3d3a7c32024c0bd9e1b04c8a43'
const CACHE = join(homedir(), '.cache', 'segmentation-test')
const API = '/apis/ccompat/v7'
const HOST = '127.0.0.1'
const READY_MS = 90 * SECOND_MS
const FETCH_MS = 5 * 60 * SECOND_MS

/** The server, or why there is none here. Where `CI` is set there must be one. */
export async function startRegistry(): Promise<RegistryServer | string> {
  const address = process.env['SEGMENTATION_TEST_REGISTRY'] ?? ''
  if (address !== '') {
    const { port, protocol } = new URL(address)
    const byScheme = protocol === 'https:' ? 443 : 80
    return { url: address, port: Number(port) || byScheme, restart: undefined, stop: async () => {} }
  }
  const home = join(CACHE, `apicurio-${VERSION}`)
  const missing = ['java', 'mvn'].filter((tool) => !runs(tool))
  if (missing.includes('java') || (missing.length > 0 && !existsSync(home))) {
    const why = `no schema registry: ${missing.join(' and ')} missing; install it, or name a registry in SEGMENTATION_TEST_REGISTRY`
    if (process.env['CI']) throw new Error(why)
    process.stdout.write(`${why}\n`)
    return why
  }
  fetchPackage(home)
  return startApicurio(home)
}

function runs(tool: string): boolean {
  try {
    execFileSync(tool, ['-version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function fetchPackage(home: string): void {
  if (existsSync(home)) return
  mkdirSync(CACHE, { recursive: true })
  const work = mkdtempSync(join(CACHE, 'fetch-'))
  try {
    const artifact = `io.apicurio:apicurio-registry-app:${VERSION}:tar.gz:all`
    const goal = ['dependency:copy', `-Dartifact=${artifact}`, `-DoutputDirectory=${work}`]
    execFileSync('mvn', ['-q', '-B', ...goal], { stdio: ['ignore', 'ignore', 'inherit'], timeout: FETCH_MS })
    const archive = join(work, `apicurio-registry-app-${VERSION}-all.tar.gz`)
    const found = createHash('sha256').update(readFileSync(archive)).digest('hex')
    if (found !== SHA256) throw new Error(`${archive} has sha256 ${found}, expected ${SHA256}`)
    const out = join(work, 'out')
    mkdirSync(out)
    execFileSync('tar', ['-xzf', archive, '-C', out])
    if (!existsSync(home)) renameSync(out, home)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

async function startApicurio(home: string): Promise<RegistryServer> {
  const port = await freePort()
  const url = `http://${HOST}:${port}${API}`
  let child: ChildProcess | undefined
  const launch = async (): Promise<void> => {
    const jar = join(home, `apicurio-registry-app-${VERSION}-runner.jar`)
    const java = ['java', '-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-jar', jar]
    const env = { ...process.env, QUARKUS_HTTP_HOST: HOST, QUARKUS_HTTP_PORT: String(port) }
    child = spawn('nice', ['-n', '5', ...java], { stdio: 'ignore', env })
    await answering(url, child)
  }
  const kill = async (): Promise<void> => {
    const running = child
    child = undefined
    if (!running || running.exitCode !== null) return
    const ended = new Promise((done) => running.once('exit', done))
    running.kill('SIGKILL')
    await ended
  }
  process.once('exit', () => child?.kill('SIGKILL'))
  await launch()
  return {
    url,
    port,
    restart: async () => {
      await kill()
      await launch()
    },
    stop: kill,
  }
}

async function answering(url: string, child: ChildProcess): Promise<void> {
  const until = performance.now() + READY_MS
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the registry ended with ${child.exitCode}`)
    const answer = await fetch(`${url}/subjects`).catch(() => undefined)
    if (answer?.status === 200) return
    if (performance.now() > until) throw new Error('the registry did not answer in time')
    await sleep(100)
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((open) => server.listen(0, HOST, open))
  const { port } = server.address() as AddressInfo
  await new Promise((closed) => server.close(closed))
  return port
}
