import { readFileSync } from 'node:fs'
import { BUNDLE_FORMAT } from '../domain/segments/bundle.ts'
import { facts } from '../render/table.ts'
import { packagePath } from './package-path.ts'

/** What decides whether two installations can read each other's files and give the same results. */
export function versionText(): string {
  const manifest = JSON.parse(readFileSync(packagePath('package.json'), 'utf8')) as { version: string }
  const formats = facts([['formats', `bundle ${BUNDLE_FORMAT}`]])
  return `segmentation ${manifest.version}\n${formats}`
}
