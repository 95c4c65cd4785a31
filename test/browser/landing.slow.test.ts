import t from 'tap'
import { startTestBridge } from '../helper/bridge.ts'
import { launchBrowser, noBrowser } from '../helper/browser.ts'

t.test('the page at /', { skip: noBrowser }, async (t) => {
  const bridge = await startTestBridge(t)
  const browser = await launchBrowser()
  t.teardown(() => browser.close())
  for (const [width, colorScheme] of [
    [1280, 'light'],
    [390, 'dark']
  ] as const)
    await t.test(`${width} pixels wide, ${colorScheme}`, async (t) => {
      const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme })
      const problems: string[] = []
      page.on('pageerror', (error) => problems.push(error.message))
      page.on('console', (message) => {
        if (message.type() === 'error') problems.push(message.text())
      })
      page.on('request', (request) => {
        if (!request.url().startsWith(bridge.url)) problems.push(`asked for ${request.url()}`)
      })
      await page.goto(`${bridge.url}/`)
      await page.locator('#state.good').waitFor()
      t.match(await page.locator('#state').textContent(), /3 of 3 nodes/)
      const address = page.locator('.copy code').first()
      t.equal(await address.textContent(), `${bridge.url}/openapi.json`)
      const wide = await page.evaluate('document.documentElement.scrollWidth')
      t.ok(Number(wide) <= width, 'nothing is wider than the page')
      const folder = process.env['SCREENSHOTS']
      if (folder !== undefined) await page.screenshot({ path: `${folder}/landing-${width}.png` })
      await page.getByRole('link', { name: /Swagger UI/ }).click()
      await page.locator('.opblock').first().waitFor()
      t.same(problems, [])
      await page.close()
    })
})
