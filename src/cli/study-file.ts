import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseStudy, STUDY_FILE, type Study } from '../app/study/study.ts'
import { fail } from '../errors.ts'
import { readText } from './declarations.ts'
import { openTextFile } from './text-file.ts'

/** The study beside a bundle; undefined where there is none. Throws `study-invalid` where it is not one of this bundle. */
export function readStudy(dir: string, bundleVersion: string): Study | undefined {
  const path = join(dir, STUDY_FILE)
  if (!existsSync(path)) return undefined
  const text = readText(path)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return fail('study-invalid', `${path}: not JSON`, error)
  }
  return parseStudy(value, path, bundleVersion)
}

/** Writes the study beside its bundle. */
export async function writeStudy(dir: string, study: Study): Promise<void> {
  const file = await openTextFile(join(dir, STUDY_FILE))
  await file.write(`${JSON.stringify(study)}\n`)
  await file.done()
}

/** Takes away what was beside a former bundle of this folder. */
export function removeStudy(dir: string): void {
  rmSync(join(dir, STUDY_FILE), { force: true })
}
