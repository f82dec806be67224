import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { SECOND_MS } from '../../../src/domain/base/duration.ts'

const CACHE = join(homedir(), '.cache', 'segmentation-test')
const FETCH_PACKAGES_MS = 5 * 60 * SECOND_MS

/** The folder with the jars of a version, fetched by Maven on first use; or which tools are missing for that. */
export function kafkaPackages(version: string): { readonly libs: string } | { readonly missing: string[] } {
  const missing = ['java', 'mvn'].filter((tool) => !runs(tool))
  const libs = join(CACHE, `kafka-${version}`)
  if (missing.includes('java') || (missing.length > 0 && !existsSync(libs))) return { missing }
  fetchPackages(libs, version)
  return { libs }
}

function runs(tool: string): boolean {
  try {
    execFileSync(tool, ['-version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const dependency = (group: string, name: string, version: string): string =>
  `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`

/** The jars of one version, all of them: fewer start, and fail later. */
function fetchPackages(libs: string, version: string): void {
  if (existsSync(libs)) return
  mkdirSync(CACHE, { recursive: true })
  const work = mkdtempSync(join(CACHE, 'fetch-'))
  try {
    const pom = join(work, 'pom.xml')
    const dependencies = [
      dependency('org.apache.kafka', 'kafka_2.13', version),
      dependency('org.apache.kafka', 'kafka-tools', version),
      dependency('org.slf4j', 'slf4j-simple', '1.7.36'),
    ]
    writeFileSync(
      pom,
      '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>' +
        '<groupId>test</groupId><artifactId>kafka</artifactId><version>1</version>' +
        `<dependencies>${dependencies.join('')}</dependencies></project>`,
    )
    const out = join(work, 'libs')
    execFileSync('mvn', ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${out}`], {
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: FETCH_PACKAGES_MS,
    })
    if (!existsSync(libs)) renameSync(out, libs)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}
