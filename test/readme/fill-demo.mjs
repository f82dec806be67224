// Puts the output of `npm run demo` into the README, between its marks, as a picture and as text, and beside it a picture of the
// report, where a browser is: node test/readme/fill-demo.mjs
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { pictureOf } from './picture.mjs'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
/** Wide enough for all but the longest descriptions. */
const COLUMNS = 170
const BROWSER = process.env.SEGMENTATION_TEST_BROWSER ?? '/usr/bin/chromium'

const main = here('../../dist/main.js')
const readme = here('../../README.md')
const dir = mkdtempSync(join(tmpdir(), 'segmentation-demo-'))
try {
  const args = ['--max-semi-space-size=64', main, 'demo', '--out', 'amazing-demo']
  const demo = spawnSync(process.execPath, args, { cwd: dir, encoding: 'utf8' })
  if (demo.status !== 0) throw new Error(demo.stderr)
  const shown = demo.stdout.trimEnd()
  writeFileSync(here('demo.svg'), pictureOf(shown, COLUMNS))
  await photograph(join(dir, 'amazing-demo/report.html'), here('report.png'))
  const block = [
    '<!-- demo -->',
    '![What the demo prints](test/readme/demo.svg)',
    `<details><summary>The same as text</summary>\n\n\`\`\`\n${shown}\n\`\`\`\n\n</details>`,
    '![Its report: the segments](test/readme/report.png)',
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

/** The beginning of the report's segments, as a person sees it on a screen. */
async function photograph(html, png) {
  if (!existsSync(BROWSER)) throw new Error(`no browser at ${BROWSER}: SEGMENTATION_TEST_BROWSER names one`)
  const { chromium } = await import('playwright-core')
  const browser = await chromium.launch({ executablePath: BROWSER, args: ['--no-sandbox'] })
  try {
    const page = await browser.newPage({ viewport: { width: 1000, height: 700 } })
    await page.goto(pathToFileURL(html).href)
    await page.locator('#segments').evaluate((section) => section.scrollIntoView())
    await page.screenshot({ path: png })
  } finally {
    await browser.close()
  }
}
