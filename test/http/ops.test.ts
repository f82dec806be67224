import { afterEach, expect, test } from 'vitest'
import type { StreamStatus } from '../../src/app/stream.ts'
import type { TaskStatus } from '../../src/app/task/status.ts'
import { openOps, type OpsPort } from '../../src/http/ops.ts'

const TASK: TaskStatus = {
  task: 3,
  phase: 'running',
  positions: { clicks: 7 },
  folded: 5,
  published: 4,
  stored: 2,
  clock: 1_700_000_000_000,
  held: false,
  hold: null,
  trouble: null,
  outages: [],
}
const METRICS = {
  contentType: 'text/plain; version=0.0.4',
  text: () => Promise.resolve('segmentation_x 1\n'),
}
const OUTAGE = { waits: 'folding', since: 1_700_000_000_000, why: 'no answer' } as const
const STOPPED: TaskStatus = {
  ...TASK,
  phase: 'stopped',
  trouble: { code: 'source-gap', why: 'it begins at 9', wayOut: 'accept the gap' },
}

let port: OpsPort | undefined
afterEach(() => port?.close())

async function asked(status: Partial<StreamStatus>, path: string, init?: RequestInit): Promise<unknown[]> {
  await port?.close()
  const all = { joined: true, ending: false, tasks: [], ...status }
  port = await openOps({ host: '127.0.0.1', port: 0, status: () => all, metrics: METRICS })
  const response = await fetch(`${port.url}${path}`, init)
  return [response.status, await response.json()]
}

test.each<[string, Partial<StreamStatus>, number, number]>([
  ['has not joined yet', { joined: false }, 503, 503],
  ['is a standby', {}, 200, 200],
  ['has tasks', { tasks: [TASK] }, 200, 200],
  ['takes a task over', { tasks: [{ ...TASK, phase: 'refolding' }] }, 200, 200],
  ['meets an outage', { tasks: [{ ...TASK, phase: 'held', outages: [OUTAGE] }] }, 200, 200],
  ['is asked to end', { ending: true, tasks: [TASK] }, 200, 503],
  ['has a stopped task', { tasks: [TASK, STOPPED] }, 200, 503],
])('a process that %s is alive, whatever else', async (_name, status, startup, ready) => {
  expect(await asked(status, '/livez')).toEqual([200, { alive: true }])
  expect(await asked(status, '/startupz')).toMatchObject([startup, { started: startup === 200 }])
  expect(await asked(status, '/readyz')).toMatchObject([ready, { ready: ready === 200 }])
})

test('T11: readiness says which task stopped and the way out', async () => {
  expect(await asked({ tasks: [TASK, STOPPED] }, '/readyz')).toEqual([
    503,
    { ready: false, why: ['task 3 stopped: source-gap. accept the gap'] },
  ])
})

test('/tasks is the status as it is', async () => {
  expect(await asked({ tasks: [TASK] }, '/tasks?x=1')).toEqual([
    200,
    { joined: true, ending: false, tasks: [TASK] },
  ])
})

test('/metrics is what the registry says', async () => {
  await asked({}, '/livez')
  const response = await fetch(`${port?.url}/metrics`)
  expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
    200,
    METRICS.contentType,
    'segmentation_x 1\n',
  ])
})

test('other paths and methods are refused', async () => {
  expect(await asked({}, '/nothing')).toMatchObject([
    404,
    { paths: expect.arrayContaining(['/livez']) as string[] },
  ])
  expect(await asked({}, '/tasks', { method: 'POST' })).toMatchObject([405, {}])
})

test('a port that is taken is a config to correct', async () => {
  await asked({}, '/livez')
  const taken = Number(new URL(port?.url ?? '').port)
  const status = (): StreamStatus => ({ joined: true, ending: false, tasks: [] })
  await expect(openOps({ host: '127.0.0.1', port: taken, status, metrics: METRICS })).rejects.toMatchObject({
    code: 'config-invalid',
    message: expect.stringContaining('EADDRINUSE') as string,
  })
})
