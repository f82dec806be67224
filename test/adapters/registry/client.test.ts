import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { RegistryClient, type RegistryAccess } from '../../../src/adapters/registry/client.ts'
import { SegmentationError } from '../../../src/errors.ts'
import { realClock } from '../../support/clock.ts'

/** What a registry, or what stands before it, answers. */
let answer: (request: IncomingMessage, response: ServerResponse) => void
let asked: IncomingMessage[] = []
const server = createServer((request, response) => {
  asked.push(request)
  answer(request, response)
})
beforeAll(() => new Promise<void>((open) => server.listen(0, '127.0.0.1', open)))
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => {
  asked = []
})

const client = (more: Partial<RegistryAccess> = {}, patienceMs?: number): RegistryClient => {
  const { port } = server.address() as AddressInfo
  // whatever the client waits for takes so long
  const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    realClock.sleep(Math.min(ms, patienceMs ?? ms), signal)
  return new RegistryClient({ url: `http://127.0.0.1:${port}/`, ...more }, { ...realClock, sleep })
}
const says =
  (status: number, body: unknown, type = 'application/vnd.schemaregistry.v1+json') =>
  (_request: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(status, { 'content-type': type })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }
const outcome = async (found: Promise<unknown>): Promise<unknown> => {
  try {
    const schema = await found
    return typeof schema === 'object' ? JSON.stringify(schema) : schema
  } catch (error) {
    return (error as SegmentationError).code
  }
}

test.each<[string, typeof answer, unknown]>([
  ['a schema', says(200, { schema: '"int"' }), '"int"'],
  ['no such id', says(404, { error_code: 40403, message: 'Schema not found' }), undefined],
  ['no such path (a proxy)', says(404, { message: 'no Route matched' }), 'unreachable'],
  ['no such page', says(404, '<h1>Not found</h1>', 'text/html'), 'unreachable'],
  ['no such subject', says(404, { error_code: 40401, message: 'Subject not found' }), 'unreachable'],
  ['trouble', says(500, { error_code: 50001, message: 'Error in the backend' }), 'unreachable'],
  ['busy', says(503, 'busy', 'text/plain'), 'unreachable'],
  ['too many questions', says(429, { error_code: 42900, message: 'slow down' }), 'unreachable'],
  ['a page instead of a schema', says(200, '<h1>Welcome</h1>', 'text/html'), 'unreachable'],
  ['an answer without a schema', says(200, {}), 'unreachable'],
  ['who are you', says(401, { error_code: 40101, message: 'Unauthorized' }), 'unreachable'],
  ['a hang-up', (_request, response) => response.destroy(), 'unreachable'],
  [
    'a schema nobody understands',
    says(200, { schema: '{"type":"recrd"}' }),
    expect.stringContaining('is not understood'),
  ],
  ['a schema of another kind', says(200, { schema: '{}', schemaType: 'JSON' }), 'is not an Avro schema'],
])('%s', async (_what, then, expected) => {
  answer = then
  expect(await outcome(client().find(7))).toEqual(expected)
})

test('a registry that is not there, and one that does not answer, are waited for no longer than that', async () => {
  answer = () => undefined
  expect(await outcome(client({}, 30).find(7))).toBe('unreachable')
  expect(await outcome(client({ url: 'http://127.0.0.1:1' }).find(7))).toBe('unreachable')
})

test('after an answer that never came the next question is one of its own', async () => {
  const one = client({}, 30)
  answer = () => undefined
  expect(await outcome(one.find(7))).toBe('unreachable')
  answer = says(200, { schema: '"int"' })
  expect(await outcome(one.find(7))).toBe('"int"')
})

test('one question each: it is the caller who asks again', async () => {
  answer = says(503, 'busy', 'text/plain')
  await outcome(client().find(7))
  expect(asked).toHaveLength(1)
})

test('nothing is remembered: an id that comes to mean something else is seen', async () => {
  const one = client()
  answer = says(200, { schema: '"int"' })
  expect(await outcome(one.find(7))).toBe('"int"')
  answer = says(200, { schema: '"string"' })
  expect(await outcome(one.find(7))).toBe('"string"')
})

test.each([
  ['secret', 'me:secret'],
  [undefined, 'me:'],
])('name and password %s go along, also with the second look at what is missing', async (password, said) => {
  answer = says(404, { error_code: 40403, message: 'Schema not found' })
  await client({ username: 'me', password }).find(7)
  const basic = `Basic ${Buffer.from(said).toString('base64')}`
  expect(asked.map((request) => request.headers.authorization)).toEqual([basic, basic])
})

test('a registry that stays silent is named without the password of its address', async () => {
  answer = () => undefined
  const { port } = server.address() as AddressInfo
  const late = client({ url: `http://me:hunter2@127.0.0.1:${port}/` }, 20).find(1)
  const thrown = await late.catch((error: unknown) => error)
  expect(thrown).toMatchObject({ code: 'unreachable' })
  expect((thrown as Error).message).toContain(`127.0.0.1:${port} did not answer`)
  expect((thrown as Error).message).not.toContain('hunter2')
})
