/** A text file as it stands in the repository. */
export interface Text {
  readonly path: string
  readonly text: string
}

/** Words that a finished page does not hold: promises to do something later, and places outside the project. */
const FORBIDDEN: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/\b(TODO|FIXME|XXX|HACK)\b/, 'left for later'],
  [/(^|[\s'"`(=])\/(work|home|root|Users)\//m, 'a path of somebody’s machine'],
  [/registry\.npmjs|registry\.yarnpkg|"resolved":/, 'a registry’s host'],
]

export function forbiddenWords(texts: readonly Text[]): string[] {
  return texts.flatMap(({ path, text }) =>
    FORBIDDEN.flatMap(([pattern, why]) => {
      const at = pattern.exec(text)
      return at === null
        ? []
        : [`${path}:${text.slice(0, at.index).split('\n').length} "${at[0].trim()}": ${why}`]
    }),
  )
}

/** Pages (`NAME.md`) that a text sends its reader to and that do not exist. */
export function missingPages(texts: readonly Text[], pages: readonly string[]): string[] {
  const names = new Set(pages.map((p) => p.slice(p.lastIndexOf('/') + 1)))
  return texts.flatMap(({ path, text }) =>
    [...text.matchAll(/\b[A-Za-z][\w-]*\.md\b/g)]
      .filter((m) => !names.has(m[0]))
      .map((m) => `${path}:${text.slice(0, m.index).split('\n').length} ${m[0]} does not exist`),
  )
}

const TOP_LEVEL = [
  'src',
  'schemas',
  'models',
  'test',
  'helm',
  'Dockerfile',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'README.md',
  'LICENSE',
  'compose.yaml',
  '.ci',
  '.gitignore',
  '.npmrc',
  '.github',
  '.dockerignore',
]

/** First steps of the paths that have no place at the top of the repository. */
export function strayTopLevel(paths: readonly string[]): string[] {
  return [...new Set(paths.map((p) => p.split('/')[0] as string))].filter((name) => !TOP_LEVEL.includes(name))
}
