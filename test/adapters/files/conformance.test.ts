import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { FileSource } from '../../../src/adapters/files/file-source.ts'
import type { FileInput } from '../../../src/adapters/files/open.ts'
import { sourceSuite } from '../../conformance/source.ts'
import type { Make } from '../../conformance/source.ts'
import { realClock } from '../../support/clock.ts'
import { MemorySource } from '../../support/memory-source.ts'

const lines = (records: readonly string[]): string => records.map((record) => `${record}\n`).join('')

/** A folder with a file per topic. */
function folder(
  topics: Readonly<Record<string, readonly string[]>>,
  content: (text: string) => string | Buffer,
) {
  const dir = mkdtempSync(join(tmpdir(), 'source-'))
  const pathOf = (topic: string): string => join(dir, topic)
  for (const [topic, records] of Object.entries(topics)) writeFileSync(pathOf(topic), content(lines(records)))
  return { pathOf, dispose: () => rmSync(dir, { recursive: true }) }
}

function files(content: (text: string) => string | Buffer, options: Partial<FileInput>): Make {
  return (topics) => {
    const { pathOf, dispose } = folder(topics, content)
    const inputs = Object.keys(topics).map((topic): FileInput => ({
      topic,
      path: pathOf(topic),
      format: 'ndjson',
      ...options,
    }))
    const append = (topic: string, text: string): void => appendFileSync(pathOf(topic), `${text}\n`)
    const source = new FileSource({ inputs, clock: realClock })
    return { source, dispose, ...(options.follow === true ? { append } : {}) }
  }
}

const csv = (text: string): string => `value\n${text}`

sourceSuite('memory', (topics) => {
  const source = new MemorySource(topics)
  return { source, append: (topic, text) => source.append(topic, text), dispose: () => undefined }
})
sourceSuite(
  'plain files',
  files((text) => text, {}),
)
sourceSuite(
  'gzip files',
  files((text) => gzipSync(text), {}),
)
sourceSuite('CSV files', files(csv, { format: 'csv' }))
sourceSuite(
  'gzip CSV files',
  files((text) => gzipSync(csv(text)), { format: 'csv' }),
)
sourceSuite(
  'followed files',
  files((text) => text, { follow: true }),
)
sourceSuite('followed CSV files', files(csv, { format: 'csv', follow: true }))
sourceSuite('standard input beside files', (topics) => {
  const { pathOf, dispose } = folder(topics, (text) => text)
  const inputs = Object.keys(topics).map((topic): FileInput => ({
    topic,
    path: topic === 'a' ? '-' : pathOf(topic),
    format: 'ndjson',
  }))
  const stdin = Readable.from([Buffer.from(lines(topics['a'] ?? []))])
  const source = new FileSource({ inputs, clock: realClock, stdin })
  return { source, dispose, noWayBack: 'a pipe is read once' }
})
