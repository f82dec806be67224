import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { run, tempFolder } from './run.ts'

const folder = tempFolder()
const file = join(folder, 'live.yaml')
writeFileSync(
  file,
  'kafka: {brokers: ["k:9092"]}\nredis: {nodes: ["r:6379"]}\ninputs: [{topic: clicks}]\nmodel: models/first\n',
)

describe('config', () => {
  it('print says each value and its origin, and shows no secret', async () => {
    const env = { SEGMENTATION_REDIS_PASSWORD: 'hunter2', SEGMENTATION_MAX_SLEEP: '12h' }
    const { code, out } = await run(['config', 'print', '--config', file], { env })
    expect(code).toBe(0)
    expect(out).toMatch(/^kafka\.brokers +\["k:9092"\] +\S+live\.yaml$/m)
    expect(out).toMatch(/^maxSleep +12h +SEGMENTATION_MAX_SLEEP$/m)
    expect(out).toMatch(/^kafka\.replication +3 +default$/m)
    expect(out).toMatch(/^redis\.password +•+ +SEGMENTATION_REDIS_PASSWORD$/m)
    expect(out).not.toContain('hunter2')
  })

  it('print shows no password of an address, whatever is in it', async () => {
    const env = { SEGMENTATION_SCHEMA_REGISTRY_URL: 'https://me:hunter2@two@registry:8081/api' }
    const { out } = await run(['config', 'print', '--config', file], { env })
    expect(out).toMatch(/^schemaRegistry\.url +https:\/\/•+@registry:8081\/api +SEG/m)
    expect(out).not.toMatch(/hunter2|two@/)
  })

  it('print ends with 2 and all that is wrong', async () => {
    const env = { SEGMENTATION_MAX_SLEEP: 'long', SEGMENTATION_REPLICAS: '3' }
    const { code, err } = await run(['config', 'print', '--config', file], { env })
    expect(code).toBe(2)
    expect(err).toContain('SEGMENTATION_REPLICAS')
    expect(err).toContain('maxSleep: expected a duration')
  })

  it('schema is a JSON Schema of the file', async () => {
    const { out } = await run(['config', 'schema'])
    const schema = JSON.parse(out) as { required: string[]; properties: Record<string, unknown> }
    expect(schema.required).toEqual(['kafka', 'redis', 'inputs', 'model'])
    expect(Object.keys(schema.properties)).toContain('maxSleep')
  })
})
