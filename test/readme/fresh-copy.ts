import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ROOT } from '../cli/run.ts'

/**
 * The project in `dir` as after a fresh clone and `npm ci`: the files that git knows or would take, the packages that are
 * installed here, and a build of its own, without what an earlier build has left behind.
 */
export function freshCopy(dir: string): string {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  for (const path of listed.split('\0')) {
    if (path === '' || path.startsWith('test/') || !existsSync(join(ROOT, path))) continue
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    cpSync(join(ROOT, path), join(dir, path))
  }
  symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'))
  execFileSync('npm', ['run', 'build', '--silent'], { cwd: dir, stdio: 'inherit' })
  return dir
}
