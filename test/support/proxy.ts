import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A wire between a client and a server on this machine that does what real ones do. */
export interface Wire {
  readonly port: number
  /** Connections so far. */
  opened: number
  /** Answers are held back for this long. */
  delayMs: number
  /** Nothing passes any more on the connections that are open, in either direction, and nobody is told. */
  halfOpen(): void
  /** The question that comes `after` others from now on is executed, but its answer is lost with the connection. */
  loseAnswer(after: number): void
  /** Cuts every connection. */
  cut(): void
  stop(): Promise<void>
}

/** Starts a wire to `port`. It takes each piece of data from the client for a question, so ask one at a time. */
export async function openWire(port: number): Promise<Wire> {
  const sockets = new Set<Socket>()
  let untilLost = Infinity
  let generation = 0
  const server = createServer((client) => {
    wire.opened++
    const upstream = connect(port, '127.0.0.1')
    let lost = false
    /** The answers before: none overtakes another. */
    let before = Promise.resolve()
    const born = generation
    const end = (): void => {
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', end)
      socket.on('close', () => {
        sockets.delete(socket)
        end()
      })
    }
    client.on('data', (data) => {
      if (born !== generation) return
      // The first question decides, the rest of a long one follows it.
      if (untilLost === 0) lost = true
      untilLost--
      upstream.write(data)
    })
    upstream.on('data', (data) => {
      if (born !== generation) return
      if (lost) return end()
      before = passOn(before, performance.now() + wire.delayMs, () => client.write(data))
    })
  })
  const wire: Wire = {
    port: 0,
    opened: 0,
    delayMs: 0,
    halfOpen: () => {
      generation++
    },
    loseAnswer: (after) => {
      untilLost = after
    },
    cut: () => {
      for (const socket of sockets) socket.destroy()
    },
    stop: async () => {
      wire.cut()
      await new Promise((closed) => server.close(closed))
    },
  }
  await new Promise<void>((open) => server.listen(0, '127.0.0.1', open))
  return Object.assign(wire, { port: (server.address() as AddressInfo).port })
}

/** Passes something on behind what came before it, not earlier than `at`. */
async function passOn(before: Promise<void>, at: number, pass: () => unknown): Promise<void> {
  await before
  const left = at - performance.now()
  if (left > 0) await sleep(left)
  pass()
}
