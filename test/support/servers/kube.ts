import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { MINUTE_MS } from '../../../src/domain/base/duration.ts'
import { freePorts } from './ports.ts'

/** A real API server of Kubernetes with its etcd, and nothing behind it: it judges and keeps objects, and runs none. */
export interface KubeServer {
  /** A kubeconfig of somebody who may do everything. */
  readonly config: string
  /** What the server answers; a body is sent as JSON. */
  ask(method: 'GET' | 'POST', path: string, body?: unknown): Promise<KubeAnswer>
  stop(): Promise<void>
}

export interface KubeAnswer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

const READY_MS = 3 * MINUTE_MS
const HOST = '127.0.0.1'
const TOKEN = 'test'

/** Starts both; rejects with what they said where they do not get ready. */
export async function startKube(programs: {
  readonly etcd: string
  readonly apiserver: string
}): Promise<KubeServer> {
  const folder = mkdtempSync(join(tmpdir(), 'segmentation-kube-'))
  const [clients = 0, peers = 0, port = 0] = await freePorts(3)
  const processes: ChildProcess[] = []
  let said = ''
  const start = (program: string, args: readonly string[]): void => {
    const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-20_000)))
    processes.push(child)
  }
  const stop = async (): Promise<void> => {
    // the server first: without etcd it does not end
    for (const child of processes.reverse()) {
      const ended = new Promise((done) => child.once('exit', done))
      if (child.exitCode !== null || child.signalCode !== null) continue
      child.kill('SIGKILL')
      await ended
    }
    rmSync(folder, { recursive: true, force: true })
  }

  const etcd = `http://${HOST}:${clients}`
  start(programs.etcd, [
    '--data-dir=etcd',
    '--unsafe-no-fsync',
    `--listen-peer-urls=http://${HOST}:${peers}`,
    `--listen-client-urls=${etcd}`,
    `--advertise-client-urls=${etcd}`,
  ])
  execFileSync('openssl', ['genrsa', '-out', join(folder, 'sa.key'), '2048'], { stdio: 'ignore' })
  writeFileSync(join(folder, 'tokens.csv'), `${TOKEN},admin,admin,system:masters\n`)
  start(programs.apiserver, [
    `--etcd-servers=${etcd}`,
    `--bind-address=${HOST}`,
    `--secure-port=${port}`,
    '--cert-dir=certs',
    '--token-auth-file=tokens.csv',
    '--authorization-mode=RBAC',
    '--service-account-issuer=https://kubernetes.default.svc',
    '--service-account-key-file=sa.key',
    '--service-account-signing-key-file=sa.key',
    '--service-cluster-ip-range=10.0.0.0/24',
    // it waits for an account that a controller would make
    '--disable-admission-plugins=ServiceAccount',
  ])
  const ask: KubeServer['ask'] = (method, path, body) => askServer(port, method, path, body)
  const deadline = Date.now() + READY_MS
  while ((await ask('GET', '/readyz').catch(() => undefined))?.status !== 200) {
    const ended = processes.some((child) => child.exitCode !== null)
    if (ended || Date.now() > deadline) {
      await stop()
      throw new Error(`the API server did not get ready: ${said}`)
    }
    await sleep(100)
  }
  const config = join(folder, 'kubeconfig')
  writeFileSync(config, JSON.stringify(kubeconfig(port)))
  return { config, ask, stop }
}

function kubeconfig(port: number): object {
  const cluster = { server: `https://${HOST}:${port}`, 'insecure-skip-tls-verify': true }
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin' } }],
    clusters: [{ name: 'test', cluster }],
    users: [{ name: 'admin', user: { token: TOKEN } }],
  }
}

function askServer(port: number, method: string, path: string, body: unknown): Promise<KubeAnswer> {
  return new Promise((done, failed) => {
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' }
    // its certificate is its own, made a moment ago
    const options = { host: HOST, port, path, method, headers, rejectUnauthorized: false }
    const asked = request(options, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => (text += part))
      response.on('end', () => {
        const json = text.startsWith('{')
        done({
          status: response.statusCode ?? 0,
          body: json ? (JSON.parse(text) as KubeAnswer['body']) : { message: text },
        })
      })
    })
    asked.on('error', failed).end(body === undefined ? undefined : JSON.stringify(body))
  })
}
