import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import { packageRoot } from '../src/lib/files/package-info.ts'
import { addApprovers } from '../test/helper/approvers.ts'
import { startTestBridge, type TestBridge } from '../test/helper/bridge.ts'
import { launchBrowser, noBrowser } from '../test/helper/browser.ts'

/**
 * Takes the pictures of docs/approvals.md: the console with plans that wait, wide and on a phone. Needs a
 * browser: `node --import ts-blank-space/register scripts/console-picture.ts [FOLDER]`.
 */
const folder = process.argv[2] ?? join(packageRoot, 'docs')
const sizes = [
  { file: 'console.png', width: 1280, height: 800, colorScheme: 'light' },
  { file: 'console-phone.png', width: 360, height: 780, colorScheme: 'dark' },
  // For the eye of who changes the page.
  ...(process.argv[2] === undefined
    ? []
    : ([
        { file: 'console-dark.png', width: 1280, height: 800, colorScheme: 'dark' },
        { file: 'console-phone-light.png', width: 360, height: 780, colorScheme: 'light' }
      ] as const))
] as const

if (noBrowser !== false) throw new Error(noBrowser)

const teardowns: (() => unknown)[] = []
const owner = { teardown: (handler: () => unknown) => void teardowns.unshift(handler) }

/** A bridge in front of a cluster on which something goes on. */
async function prepare(): Promise<{ bridge: TestBridge; token: string }> {
  const bridge = await startTestBridge(owner, {
    simulator: { speed: 0.4, vms: 24 },
    config: { approval: 'interrupt' }
  })
  const { alice, plan } = addApprovers(bridge)
  const { state } = bridge.simulator.world
  const stopped = [...state.virDomains.values()].find((vm) => vm.state === 'SHUTOFF')
  if (stopped === undefined) throw new Error('no VM is off')
  const restart = { vmUUID: bridge.vm('web-01'), actionType: 'REBOOT' }
  const denied = await plan('changeVM_state', restart)
  await bridge.app.plans.deny(denied, alice.principal, 'not during office hours')
  await bridge.call('cloneVM', { vmUUID: bridge.vm('web-01'), name: 'web-01-test', wait: 0 })
  const vm = bridge.vm('app-01')
  const record = state.virDomains.get(vm)
  // A Cyrillic letter in a name that is known in Latin ones.
  if (record !== undefined) record.name = 'w\u0435b-02'
  await plan('changeVM_state', { vmUUID: vm, actionType: 'STOP' })
  await plan('deleteVM', { vmUUID: stopped.uuid })
  return { bridge, token: alice.token }
}

async function signIn(page: Page, url: string, token: string): Promise<void> {
  await page.goto(`${url}/console`)
  await page.locator('#token').fill(token)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.locator('.plan').first().waitFor()
  await page.locator('.figure').first().waitFor()
  await page.locator('progress').first().waitFor()
  await pause(300)
}

async function take(browser: Browser, url: string, token: string): Promise<void> {
  for (const { file, width, height, colorScheme } of sizes) {
    const viewport = { width, height }
    const page = await browser.newPage({
      viewport,
      colorScheme,
      deviceScaleFactor: width > 400 ? 1 : 1.5
    })
    await signIn(page, url, token)
    const path = join(folder, file)
    await page.screenshot({ path, fullPage: width > 400 || process.argv[2] !== undefined })
    await page.close()
    const { size } = await stat(path)
    process.stdout.write(`${path}: ${Math.round(size / 1024)} KB\n`)
  }
}

try {
  const { bridge, token } = await prepare()
  const browser = await launchBrowser()
  owner.teardown(() => browser.close())
  await take(browser, bridge.url, token)
} finally {
  for (const end of teardowns) await end()
}
