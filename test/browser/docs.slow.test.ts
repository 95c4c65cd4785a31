import type { Browser, Locator, Page } from 'playwright-core'
import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'
import { launchBrowser, noBrowser } from '../helper/browser.ts'

/** A page that shows Swagger UI; `problems` gathers its errors and its requests to other servers. */
async function openDocs(
  browser: Browser,
  url: string
): Promise<{ page: Page; problems: string[] }> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } })
  const problems: string[] = []
  page.setDefaultTimeout(30_000)
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => {
    // A refused call is written to the console as well; the test looks at the page for it.
    const refused = message.text().includes('status of 4')
    if (message.type() === 'error' && !refused) problems.push(message.text())
  })
  page.on('request', (request) => {
    const asked = request.url()
    if (!asked.startsWith(url) && !asked.startsWith('data:')) problems.push(`asked for ${asked}`)
  })
  await page.goto(`${url}/docs`)
  await page.locator('.opblock').first().waitFor()
  return { page, problems }
}

/** Enters a token, in place of the one that is there. */
async function authorize(page: Page, token: string): Promise<void> {
  await page.locator('.auth-wrapper .authorize').click()
  const dialog = page.locator('.dialog-ux .modal-ux')
  const logout = dialog.getByRole('button', { name: 'Remove authorization' })
  if (await logout.isVisible()) await logout.click()
  await dialog.locator('input').fill(token)
  await dialog.getByRole('button', { name: 'Apply credentials' }).click()
  await dialog.locator('.btn-done').click()
}

const isShown = async (part: Locator): Promise<boolean> => (await part.count()) > 0

/**
 * Sends the body to a tool, or the one that is filled in, and answers status and text of the live
 * response.
 */
async function execute(
  page: Page,
  tool: string,
  body?: object
): Promise<{ status: string; text: string }> {
  const block = page.locator(`.opblock[id$="-${tool}"]`)
  if (!(await isShown(block.locator('.opblock-body'))))
    await block.locator('.opblock-summary-control').click()
  if (body !== undefined)
    await block.locator('textarea.body-param__text').fill(JSON.stringify(body))
  // So that the answer found below is the one to this call.
  const clear = block.locator('button.btn-clear')
  if (await isShown(clear)) await clear.click()
  await block.locator('button.execute').click()
  const response = block.locator('.live-responses-table .response').first()
  await response.locator('.response-col_status').waitFor()
  return {
    status: await response.locator('.response-col_status').innerText(),
    text: await response.locator('.response-col_description').innerText()
  }
}

t.test('Swagger UI in a real browser', { skip: noBrowser, timeout: 110_000 }, async (t) => {
  const { url, token, app } = await startTestBridge(t)
  const browser = await launchBrowser()
  t.teardown(() => browser.close())
  const { page, problems } = await openDocs(browser, url)

  t.equal(await page.title(), 'scale-bridge')
  t.equal(await page.locator('.opblock').count(), app.tools.size, 'every tool is listed once')

  await authorize(page, 'a-token-of-another-bridge')
  const refused = await execute(page, 'vm_read')
  t.match(refused, { status: /401/, text: /UNAUTHORIZED/ }, 'a wrong token is refused')
  t.match(refused.text, /A valid token is required/, 'and the page says why')

  await authorize(page, token)
  const vms = await execute(page, 'vm_read')
  t.match(vms, { status: /200/, text: /"total": 24/ }, 'with the right one there are VMs')
  t.match(vms.text, /"name": "web-01",\s+"state": "RUNNING"/)

  const misspelt = await execute(page, 'fetch_vm', { nam: 'web' })
  t.match(misspelt, { status: /400/, text: /did you mean name/ }, 'a mistake is explained')
  const filledIn = await execute(page, 'deleteVM')
  t.match(filledIn, { status: /404/, text: /No VM is called .*vm_read lists all VMs/ })

  t.same(problems, [], 'the page has no errors and loads nothing from elsewhere')
})
