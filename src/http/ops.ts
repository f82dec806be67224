import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { StreamStatus } from '../app/stream.ts'
import { fail } from '../errors.ts'

export interface OpsOptions {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  /** Where the process stands, asked for at each request. */
  readonly status: () => StreamStatus
  /** What `/metrics` answers. */
  readonly metrics: { readonly contentType: string; text(): Promise<string> }
}

export interface OpsPort {
  /** `http://host:port`. */
  readonly url: string
  close(): Promise<void>
}

interface Answer {
  readonly code: number
  readonly body: unknown
}

/** What each path answers. Liveness is that it answers at all: whatever is fatal ends the process. */
const ROUTES: Readonly<Record<string, (status: StreamStatus) => Answer>> = {
  '/livez': () => ({ code: 200, body: { alive: true } }),
  '/startupz': ({ joined }) => ({ code: joined ? 200 : 503, body: { started: joined } }),
  '/readyz': ready,
  '/tasks': (status) => ({ code: 200, body: status }),
}

/** Joined, with tasks or as a standby, and none of its tasks stopped; an outage or a rebalance changes nothing of it. */
function ready({ joined, ending, tasks }: StreamStatus): Answer {
  const stopped = tasks.filter((task) => task.phase === 'stopped')
  const why = [
    ...(joined ? [] : ['not joined yet']),
    ...(ending ? ['asked to end'] : []),
    ...stopped.map(
      ({ task, trouble }) => `task ${task} stopped: ${trouble?.code ?? ''}. ${trouble?.wayOut ?? ''}`,
    ),
  ]
  return { code: why.length === 0 ? 200 : 503, body: { ready: why.length === 0, why } }
}

const METRICS_PATH = '/metrics'
/** Every path, in words. */
export const OPS_PATHS = [...Object.keys(ROUTES), METRICS_PATH].join(' ')

/** Opens the port that orchestrators and operators ask. Rejects with `config-invalid` where it cannot be had. */
export async function openOps(options: OpsOptions): Promise<OpsPort> {
  const { host, port } = options
  const server = createServer((request, response) => void answer(request, response, options))
  await new Promise<void>((done, failed) => {
    server.once('error', failed).listen(port, host, done)
  }).catch((error: NodeJS.ErrnoException) =>
    fail('config-invalid', `ops port ${host}:${port}: ${error.code ?? error.message}`, error),
  )
  const at = server.address() as AddressInfo
  return {
    url: `http://${at.family === 'IPv6' ? `[${at.address}]` : at.address}:${at.port}`,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { status, metrics }: OpsOptions,
): Promise<void> {
  const { method, url = '' } = request
  const path = url.split('?')[0] ?? ''
  const route = ROUTES[path]
  if (route === undefined && path !== METRICS_PATH) return say(response, 404, { paths: OPS_PATHS.split(' ') })
  if (method !== 'GET' && method !== 'HEAD') return say(response, 405, { allowed: ['GET', 'HEAD'] })
  if (route === undefined) return send(response, 200, metrics.contentType, await metrics.text())
  const { code, body } = route(status())
  say(response, code, body)
}

function say(response: ServerResponse, code: number, body: unknown): void {
  send(response, code, 'application/json', `${JSON.stringify(body)}\n`)
}

function send(response: ServerResponse, code: number, contentType: string, text: string): void {
  response.writeHead(code, { 'content-type': contentType, 'cache-control': 'no-store' })
  response.end(text)
}
