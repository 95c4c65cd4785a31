import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { packageRoot } from '../src/lib/files/package-info.ts'
import { launchBrowser, noBrowser } from '../test/helper/browser.ts'
import { freePort } from '../test/helper/ports.ts'

/**
 * Takes the picture of the README: Swagger UI in front of the demo, with two calls and their
 * responses. Needs a build and a browser: `npm run build && node --import ts-blank-space/register
 * scripts/demo-picture.ts`.
 */
const file = join(packageRoot, 'docs', 'demo.png')
const width = 960

if (noBrowser !== false) throw new Error(noBrowser)

/** The demo as its user starts it, on a free port. */
async function startDemo(token: string): Promise<{ url: string; stop(): Promise<void> }> {
  const port = await freePort()
  const demo = spawn(process.execPath, ['dist/cli.js', 'demo', '--port', String(port)], {
    cwd: packageRoot,
    env: { PATH: process.env['PATH'], MCP_BEARER_TOKEN: token },
    stdio: ['ignore', 'ignore', 'inherit']
  })
  const ended = once(demo, 'exit')
  const url = `http://127.0.0.1:${port}`
  const isReady = (): Promise<boolean> =>
    fetch(`${url}/ready`).then(
      ({ ok }) => ok,
      () => false
    )
  for (let tries = 0; !(await isReady()); tries++) {
    if (demo.exitCode !== null || tries > 100) throw new Error('the demo did not start')
    await pause(100)
  }
  return {
    url,
    async stop() {
      demo.kill()
      await ended
    }
  }
}

async function authorize(page: Page, token: string): Promise<void> {
  await page.locator('.auth-wrapper .authorize').click()
  const dialog = page.locator('.dialog-ux .modal-ux')
  await dialog.locator('input').fill(token)
  await dialog.getByRole('button', { name: 'Apply credentials' }).click()
  await dialog.locator('.btn-done').click()
}

/** Opens a tool, sends the body and waits for the response. */
async function call(page: Page, tool: string, body: object): Promise<void> {
  const block = page.locator(`.opblock[id$="-${tool}"]`)
  await block.locator('.opblock-summary-control').click()
  await block.locator('textarea.body-param__text').fill(JSON.stringify(body, null, 2))
  await block.locator('button.execute').click()
  await block.locator('.live-responses-table .response-col_status').first().waitFor()
}

/** Hides what a picture has no room for: the call as curl, headers, and what else may come back. */
const style = `
  .info .link, .parameters-container, .curl-command, .request-url, .responses-inner > div > h4,
  .responses-inner > .responses-table, .responses-inner > div > div > h4,
  .responses-inner > div > .responses-table:not(.live-responses-table),
  .live-responses-table .response-col_description > div:nth-of-type(n + 2),
  .live-responses-table .copy-to-clipboard, .live-responses-table .download-contents
    { display: none !important; }
  .information-container .info { margin: 18px 0 !important; }
  .scheme-container { padding: 12px 0 !important; margin: 0 0 8px !important; }
  .opblock .opblock-section-header { padding: 2px 20px !important; }
  .opblock-body > .btn-group, .opblock-body .execute-wrapper { padding: 0 20px 16px !important; }
  .opblock-body .opblock-description-wrapper { padding: 10px 20px !important; margin: 0 !important; }
  .opblock-description-wrapper p { margin: 0 !important; }
  .responses-inner { padding: 10px 20px !important; }
  .opblock-tag { padding: 4px 16px 4px 6px !important; }
  textarea.body-param__text { min-height: 0 !important; height: 80px !important; }
`

const token = 'demo-token-for-the-picture-0123456789'
const demo = await startDemo(token)
const browser = await launchBrowser()
try {
  const page = await browser.newPage({ viewport: { width, height: 800 }, deviceScaleFactor: 1.5 })
  await page.goto(`${demo.url}/docs`)
  await page.locator('.opblock').first().waitFor()
  await authorize(page, token)
  await call(page, 'fetch_vm', { name: 'web' })
  await call(page, 'snapshotVM', { vmUUID: 'web-01', label: 'before update' })
  await page.locator('.opblock-tag[data-tag="vm"]').click()
  await page.addStyleTag({ content: style })
  await pause(500)
  const last = await page.locator('.opblock[id$="-delete_snapshotVM"]').boundingBox()
  const height = Math.ceil((last?.y ?? 0) + (last?.height ?? 0) + 12)
  await page.screenshot({ path: file, fullPage: true, clip: { x: 0, y: 0, width, height } })
} finally {
  await browser.close()
  await demo.stop()
}
const { size } = await stat(file)
process.stdout.write(`${file}: ${Math.round(size / 1024)} KB\n`)
