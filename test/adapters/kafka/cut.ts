import { connect, createServer, type Socket } from 'node:net'
import type { KafkaAccess } from '../../../src/adapters/kafka/client.ts'

/** Requests by their number in the protocol. */
export const END_TXN = 26

/** What happens to the next request of a kind: it never reaches the broker, or its answer never comes back. */
export type Cut = 'request' | 'reply'

/** Stands between a client and one broker, and cuts the connection at a request it is told to. */
export interface Cutter {
  readonly access: KafkaAccess
  cut(apiKey: number, what: Cut): void
  /** Requests that were cut so far. */
  readonly cuts: number
  close(): Promise<void>
}

export async function cutter(access: KafkaAccess): Promise<Cutter> {
  const port = Number(access.brokers[0]?.split(':')[1])
  const sockets = new Set<Socket>()
  let next: { apiKey: number; what: Cut } | undefined
  let cuts = 0
  const server = createServer((client) => {
    const broker = connect(port, '127.0.0.1')
    for (const socket of [client, broker]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        broker.destroy()
      })
    }
    let mute = false
    broker.on('data', (bytes) => {
      // the broker has done its work, nobody hears of it
      if (mute) client.destroy()
      else client.write(bytes)
    })
    frames(client, (frame) => {
      if (mute) return
      if (frame.readInt16BE(4) === next?.apiKey) {
        const { what } = next
        next = undefined
        cuts++
        mute = true
        if (what === 'request') {
          client.destroy()
          return
        }
      }
      broker.write(frame)
    })
  })
  await new Promise<void>((open) => server.listen(0, '127.0.0.1', open))
  const own = (server.address() as { port: number }).port
  return {
    access: {
      ...access,
      socketFactory: ({ onConnect }) => connect({ host: '127.0.0.1', port: own }, onConnect).setNoDelay(true),
    },
    cut: (apiKey, what) => {
      next = { apiKey, what }
    },
    get cuts() {
      return cuts
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((closed) => server.close(closed))
    },
  }
}

/** Calls back for every whole request: int32 length, int16 api key, … */
function frames(socket: Socket, each: (frame: Buffer) => void): void {
  let held: Buffer = Buffer.alloc(0)
  socket.on('data', (bytes) => {
    held = Buffer.concat([held, bytes])
    while (held.length >= 4) {
      const end = 4 + held.readInt32BE(0)
      if (held.length < end) return
      each(held.subarray(0, end))
      held = held.subarray(end)
    }
  })
}
