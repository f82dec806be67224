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

/** Opens the port that orchestrators and operators ask. Rejects with `config-invalid` where it cannot be had. */
export async function openOps({ host, port, status }: OpsOptions): Promise<OpsPort> {
  const server = createServer((request, response) => answer(request, response, status))
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

function answer(request: IncomingMessage, response: ServerResponse, status: () => StreamStatus): void {
  const { method, url = '' } = request
  const route = ROUTES[url.split('?')[0] ?? '']
  if (route === undefined) return say(response, 404, { paths: Object.keys(ROUTES) })
  if (method !== 'GET' && method !== 'HEAD') return say(response, 405, { allowed: ['GET', 'HEAD'] })
  const { code, body } = route(status())
  say(response, code, body)
}

function say(response: ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(`${JSON.stringify(body)}\n`)
}
