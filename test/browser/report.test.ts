import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run, tempFolder } from '../cli/run.ts'
import { browserPath, openBrowser } from './browser.ts'

/** Largest report. */
const BYTES_MAX = 3_000_000
/** A4 at 96 dots an inch. */
const A4_WIDTH = 794

const path = browserPath()
const folder = tempFolder()
const at = (name: string): string => join(folder, name)

async function done(...args: string[]): Promise<void> {
  const { code, err } = await run(args)
  expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' })
}

describe.skipIf(path === undefined)('the report of a generated shop in a browser', () => {
  let browser: Browser | undefined

  beforeAll(async () => {
    await done('generate', '--users', '400', '--days', '120', '--out', at('shop.ndjson'))
    await done(
      'train',
      '--events',
      at('shop.ndjson'),
      '--feature-set',
      'default',
      '--as-of',
      '2025-04-01',
      '--out',
      at('model'),
    )
    await done(
      'stream',
      at('shop.ndjson'),
      '--model',
      at('model'),
      '--live-from',
      '2025-04-01',
      '--state',
      at('run'),
    )
    const report = ['report', '--model', at('model'), '--events', at('shop.ndjson'), '--state', at('run')]
    for (const locale of ['en', 'fr'])
      await done(...report, '--locale', locale, '--out', at(`${locale}.html`))
    browser = await openBrowser(path as string)
  }, 240_000)

  afterAll(() => browser?.close())

  /** The report opened; what it asks of anybody but the file itself is noted. */
  async function open(
    locale: string,
    width = 1280,
  ): Promise<{ page: Page; asked: string[]; openedMs: number }> {
    const context = await (browser as Browser).newContext({ viewport: { width, height: 900 } })
    const page = await context.newPage()
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    page.on('console', (message) => asked.push(message.text()))
    const started = performance.now()
    await page.goto(pathToFileURL(at(`${locale}.html`)).href, { waitUntil: 'load' })
    return { page, asked, openedMs: performance.now() - started }
  }

  it.each(['en', 'fr'])('opens without asking for anything else, in %s', async (locale) => {
    const { page, asked, openedMs } = await open(locale)
    const { size } = statSync(at(`${locale}.html`))
    process.stdout.write(`report in ${locale}: ${size} bytes, opened in ${Math.round(openedMs)} ms\n`)
    expect(size).toBeLessThanOrEqual(BYTES_MAX)
    expect(asked).toEqual([page.url()])
    expect(await page.locator('html').getAttribute('lang')).toBe(locale)
    expect(await page.locator('main section h2').count()).toBe(13)
    expect(await page.locator('.none').allTextContents()).toEqual([])
    expect(await page.locator('svg[role=img]').count()).toBeGreaterThan(20)
    await page.context().close()
  })

  // within a picture there is nothing to hear but what its svg says; contrasts of some thousand cells take a while
  it.each(['en', 'fr'])(
    'has no serious violation of accessibility, in %s',
    async (locale) => {
      const { page } = await open(locale)
      const axe = new AxeBuilder({ page }).exclude('svg').options({ resultTypes: ['violations'] })
      const { violations } = await axe.analyze()
      const serious = violations.filter((v) => v.impact === 'serious' || v.impact === 'critical')
      expect(serious.map((v) => [v.id, v.nodes.slice(0, 3).map((n) => n.html)])).toEqual([])
      await page.context().close()
    },
    300_000,
  )

  it.each([360, 1280])('never scrolls sideways as a whole, at %d pixels', async (width) => {
    const { page } = await open('en', width)
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
    await page.context().close()
  })

  it('every link of data gives the file that it names', async () => {
    const { page } = await open('en')
    const links = await page.locator('a.csv').count()
    expect(links).toBeGreaterThan(10)
    const download = page.waitForEvent('download')
    await page.locator('a.csv[download="kinds.csv"]').click()
    const file = await (await download).path()
    expect(readFileSync(file, 'utf8')).toMatch(/^kind,events\n(\w+,\d+\n)+$/)
    await page.context().close()
  })

  it('prints on A4: several pages, no table wider than the paper', async () => {
    const { page } = await open('fr', A4_WIDTH)
    await page.emulateMedia({ media: 'print' })
    const wide = await page.evaluate(
      `[...document.querySelectorAll('figure')].filter((f) => f.scrollWidth > document.body.clientWidth).map((f) => f.id)`,
    )
    expect(wide).toEqual([])
    const pdf = await page.pdf({ preferCSSPageSize: true })
    const text = pdf.toString('latin1')
    // points of an inch: 210 × 297 mm
    expect(text).toMatch(/\/MediaBox\s*\[\s*0 0 59[45][.\d]* 84[12][.\d]*\s*\]/)
    expect(text.match(/\/Type\s*\/Page\b/g)?.length ?? 0).toBeGreaterThan(5)
    await page.context().close()
  })
})
