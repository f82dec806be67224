import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** What stands before a server on this machine: lets through, hangs up, or takes what it is told and never answers. */
export interface Gate {
  readonly port: number
  mode: 'open' | 'refusing' | 'silent'
  stop(): Promise<void>
}

export async function openGate(port: number): Promise<Gate> {
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    sockets.add(client)
    client.on('close', () => sockets.delete(client)).on('error', () => client.destroy())
    if (mode === 'refusing') client.destroy()
    if (mode !== 'open') return
    const upstream = connect(port, '127.0.0.1')
    upstream.on('error', () => client.destroy()).on('close', () => client.destroy())
    client.on('close', () => upstream.destroy())
    client.pipe(upstream).pipe(client)
  })
  let mode: Gate['mode'] = 'open'
  await new Promise<void>((open) => server.listen(0, '127.0.0.1', open))
  return {
    port: (server.address() as AddressInfo).port,
    get mode() {
      return mode
    },
    /** Connections that are open end with what they were made in. */
    set mode(next) {
      mode = next
      for (const socket of sockets) socket.destroy()
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((closed) => server.close(closed))
    },
  }
}
