import { readFileSync } from 'node:fs'
import { RUN_CONFIG_FORMAT } from '../config.ts'
import { CODEC_VERSION } from '../domain/profile/profiles.ts'
import { FOLD_VERSION } from '../domain/profile/version.ts'
import { BUNDLE_FORMAT } from '../domain/segments/bundle.ts'
import { facts } from '../render/table.ts'
import { packagePath } from './package-path.ts'

/** What decides whether two installations can read each other's files and give the same results. */
export function versionText(): string {
  const manifest = JSON.parse(readFileSync(packagePath('package.json'), 'utf8')) as { version: string }
  const rows = facts([
    ['foldVersion', String(FOLD_VERSION)],
    ['formats', `bundle ${BUNDLE_FORMAT}, profile ${CODEC_VERSION}, run folder ${RUN_CONFIG_FORMAT}`],
  ])
  return `segmentation ${manifest.version}\n${rows}`
}
