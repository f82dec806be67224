import { readFileSync } from 'node:fs'
import { BUNDLE_FORMAT } from '../domain/segments/bundle.ts'
import { packagePath } from './package-path.ts'

/** What decides whether two installations can read each other's files and give the same results. */
export function versionText(): string {
  const manifest = JSON.parse(readFileSync(packagePath('package.json'), 'utf8')) as { version: string }
  return [`segmentation ${manifest.version}`, `formats: bundle ${BUNDLE_FORMAT}`].join('\n')
}
