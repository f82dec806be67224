import { fileURLToPath } from 'node:url'

/** A file of this package. `src/cli` and `dist/cli` lie equally deep, so that tests and the installed program agree. */
export function packagePath(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url))
}
