import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { TestBridge } from '../helper/bridge.ts'

type Teardown = { teardown(handler: () => unknown): void }

/** A page of the console; `problems` gathers its errors, refusals by its policy and requests elsewhere. */
export interface ConsolePage {
  page: Page
  problems: string[]
}

/** Opens the console in a browser of its own. */
export async function openConsole(
  t: Teardown,
  browser: Browser,
  { url }: Pick<TestBridge, 'url'>,
  options: BrowserContextOptions = {}
): Promise<ConsolePage> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    ...options
  })
  t.teardown(() => context.close())
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => {
    // A refused call is written to the console as well; tests look at the page for it.
    if (message.type() === 'error' && !/status of 4\d\d|ERR_CONNECTION/.test(message.text()))
      problems.push(message.text())
  })
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) problems.push(`asked for ${request.url()}`)
  })
  await page.exposeFunction('reportViolation', (text: string) => problems.push(text))
  await page.addInitScript(`document.addEventListener('securitypolicyviolation', (event) =>
    reportViolation('policy: ' + event.violatedDirective + ' ' + event.blockedURI))`)
  await page.goto(`${url}/console`)
  await page.locator('#token').waitFor()
  return { page, problems }
}

/** Signs in as a person does. */
export async function signIn(page: Page, token: string): Promise<void> {
  await page.locator('#token').fill(token)
  await page.locator('#token').press('Enter')
}

/** The card of a plan that waits. */
export const cardOf = (page: Page, id: string) => page.locator('.plan', { hasText: id })

/** What has the focus, in words. */
export const focused = (page: Page): Promise<string> =>
  page.evaluate('document.activeElement.textContent.trim()')
