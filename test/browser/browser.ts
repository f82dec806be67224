import { existsSync } from 'node:fs'
import { chromium, type Browser } from 'playwright-core'

/** Where Debian, Fedora and Ubuntu put it; `SEGMENTATION_TEST_BROWSER` names another. */
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Path of a real browser; undefined where there is none. With `CI` set a missing one is a failure. */
export function browserPath(): string | undefined {
  const found = [process.env['SEGMENTATION_TEST_BROWSER'] ?? '', ...PLACES].find(
    (p) => p !== '' && existsSync(p),
  )
  if (found === undefined && process.env['CI'] === 'true')
    throw new Error(`no browser: expected one at ${PLACES.join(', ')}`)
  if (found === undefined) process.stdout.write('no browser on this machine: its tests are skipped\n')
  return found
}

/** A browser without a network: a page that asks for anything but its own file gets nothing. */
export function openBrowser(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] })
}
