// Puts the output of `npm run demo` into the README, between its marks, as a picture and as text: node test/readme/fill-demo.mjs
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pictureOf } from './picture.mjs'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
/** Wide enough for all but the longest descriptions. */
const COLUMNS = 170

const main = here('../../dist/main.js')
const readme = here('../../README.md')
const dir = mkdtempSync(join(tmpdir(), 'segmentation-demo-'))
try {
  const args = ['--max-semi-space-size=64', main, 'demo', '--out', 'amazing-demo']
  const demo = spawnSync(process.execPath, args, { cwd: dir, encoding: 'utf8' })
  if (demo.status !== 0) throw new Error(demo.stderr)
  const shown = demo.stdout.trimEnd()
  writeFileSync(here('demo.svg'), pictureOf(shown, COLUMNS))
  const block = [
    '<!-- demo -->',
    '![What the demo prints](test/readme/demo.svg)',
    `<details><summary>The same as text</summary>\n\n\`\`\`\n${shown}\n\`\`\`\n\n</details>`,
    '<!-- /demo -->',
  ].join('\n\n')
  const text = readFileSync(readme, 'utf8')
  writeFileSync(
    readme,
    text.replace(/<!-- demo -->[\s\S]*<!-- \/demo -->/, () => block),
  )
} finally {
  rmSync(dir, { recursive: true, force: true })
}
