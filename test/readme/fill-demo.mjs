// Puts the output of `npm run demo` into the README, between its marks: node test/readme/fill-demo.mjs
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
const readme = fileURLToPath(new URL('../../README.md', import.meta.url))
const dir = mkdtempSync(join(tmpdir(), 'segmentation-demo-'))
const demo = spawnSync(
  process.execPath,
  ['--max-semi-space-size=64', main, 'demo', '--out', 'amazing-demo'],
  {
    cwd: dir,
    encoding: 'utf8',
  },
)
rmSync(dir, { recursive: true, force: true })
if (demo.status !== 0) {
  process.stderr.write(demo.stderr)
  process.exit(1)
}
const text = readFileSync(readme, 'utf8')
const block = `<!-- demo -->\n\n\`\`\`\n${demo.stdout.trimEnd()}\n\`\`\`\n\n<!-- /demo -->`
writeFileSync(
  readme,
  text.replace(/<!-- demo -->[\s\S]*<!-- \/demo -->/, () => block),
)
