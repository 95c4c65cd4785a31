import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const places = [process.env['CHROMIUM_PATH'], '/usr/bin/chromium', '/usr/bin/google-chrome']

/** The browser of this machine; undefined where there is none. */
export const browserPath = places.find((path) => path !== undefined && existsSync(path))

/** Why a test that needs a browser cannot run here; false where it can. */
export const noBrowser =
  browserPath === undefined &&
  'no browser here: install chromium, or name one in CHROMIUM_PATH, to run this test'

/** Starts the browser without a window; it sends no requests of its own to the network. */
export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: browserPath,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync'
    ]
  })
