import type { StreamStatus } from '../../src/app/stream.ts'

/** What the consumer at a port of the loopback says of its tasks; undefined: nobody is there. */
export async function statusOf(port: number): Promise<StreamStatus | undefined> {
  try {
    return (await (await fetch(`http://127.0.0.1:${port}/tasks`)).json()) as StreamStatus
  } catch {
    return undefined
  }
}

/** Lines that name a user. */
export function tellsNoUser(words: string, users: readonly string[]): string[] {
  const known = new Set(users)
  return words.split('\n').filter((line) => (line.match(/[\w-]+/g) ?? []).some((word) => known.has(word)))
}
