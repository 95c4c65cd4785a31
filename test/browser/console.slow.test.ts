import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Browser } from 'playwright-core'
import t, { type Test } from 'tap'
import { BridgeError } from '../../src/lib/errors/errors.ts'
import { addApprovers } from '../helper/approvers.ts'
import { startTestBridge, type TestBridgeOptions } from '../helper/bridge.ts'
import { launchBrowser, noBrowser } from '../helper/browser.ts'
import { hostileNames } from '../helper/hostile-names.ts'
import { freePort } from '../helper/ports.ts'
import { until } from '../helper/simulator.ts'
import { cardOf, focused, openConsole, signIn } from './console-page.ts'

/** A bridge on which every write waits for a person. */
async function start(t: Test, options: TestBridgeOptions = {}) {
  const bridge = await startTestBridge(t, {
    simulator: { nodes: 1 },
    timings: { consoleBeatMs: 200, consoleTasksMs: 200, consoleClusterMs: 500 },
    ...options,
    config: { approval: 'write', ...options.config }
  })
  const vms = [...bridge.simulator.world.state.virDomains.values()]
  const stopped = vms.filter(({ state }) => state === 'SHUTOFF')
  return { bridge, ...addApprovers(bridge), stopped, vmUUID: bridge.vm('web-01') }
}

t.test('the console in a real browser', { skip: noBrowser, timeout: 280_000 }, async (t) => {
  const browser: Browser = await launchBrowser()
  t.teardown(() => browser.close())

  await t.test('signing in, and a session that no script sees', async (t) => {
    const { bridge, alice } = await start(t)
    const { page, problems } = await openConsole(t, browser, bridge)
    t.equal(await focused(page), '', 'the field has the focus')
    await signIn(page, 'a-wrong-token-0123456789')
    await page.getByText('does not know this token').waitFor()
    t.notOk(await page.locator('#console').isVisible())
    await signIn(page, 'two words')
    await page.getByText('A token has no spaces').waitFor()
    await signIn(page, alice.token)
    await page.getByText('Signed in as alice (Alice Ames)').waitFor()
    await page.getByText('Live', { exact: true }).waitFor()
    t.equal(await focused(page), 'Waiting for approval', 'where the work is')

    const [cookie, ...more] = await page.context().cookies()
    t.same(more, [])
    t.match(cookie, { httpOnly: true, sameSite: 'Strict', secure: false, path: '/console' })
    t.not(cookie?.value, alice.token)
    t.equal(await page.evaluate('document.cookie'), '')
    t.same(await page.evaluate('[localStorage.length, sessionStorage.length]'), [0, 0])
    const html = String(await page.evaluate('document.documentElement.outerHTML'))
    t.notMatch(html, alice.token)
    t.equal(await page.locator('#token').inputValue(), '')

    await page.reload()
    await page.getByText('Signed in as alice').waitFor()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.locator('#token').waitFor()
    t.same(await page.context().cookies(), [])
    t.same(problems, [])
  })

  await t.test('a plan appears by itself, and is decided on by keyboard', async (t) => {
    const { bridge, alice, plan, stopped, vmUUID } = await start(t)
    const { page, problems } = await openConsole(t, browser, bridge)
    await signIn(page, alice.token)
    await page.getByText('Nothing waits.').waitFor()
    await page.locator('.figure').first().waitFor()

    // A call that stays on the line.
    const call = bridge.call('snapshotVM', { vmUUID, label: 'by keyboard', wait: 60 })
    const card = page.locator('.plan')
    await card.waitFor()
    await page
      .locator('#announcer', { hasText: 'A new plan waits: ' })
      .waitFor({ state: 'attached' })
    t.equal(await page.title(), '(1) scale-bridge console')
    t.match(
      await card.textContent(),
      /(?:10:00|9:5\d) left.*web-01.*RUNNING.*Asked for by operator/s
    )

    await page.locator('#waiting-title').focus()
    const order: string[] = []
    for (let i = 0; i < 3; i++) {
      await page.keyboard.press('Tab')
      order.push(await focused(page))
      const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')
      t.equal(outline, 'solid', `the focus on ${order.at(-1)} is seen`)
    }
    t.same(order, ['Exact request', 'Approve', 'Deny'])
    await page.keyboard.press('Shift+Tab')
    await page.keyboard.press('Enter')
    t.match((await call).body, { state: 'COMPLETE' }, 'the call has gone on')
    await page.locator('#decided', { hasText: 'USED' }).waitFor()
    t.equal(await focused(page), 'Waiting for approval', 'the focus is not lost')
    await page.locator('#calls', { hasText: 'snapshotVM' }).waitFor()
    await page.locator('#calls', { hasText: 'approved by alice' }).waitFor()

    // What loses data takes a second press.
    const grave = await plan('deleteVM', { vmUUID: stopped[0]?.uuid })
    const approve = cardOf(page, grave).getByRole('button', { name: /approve/i })
    await approve.focus()
    await page.keyboard.press('Enter')
    await page.keyboard.press('Enter')
    await approve.getByText('Press again to approve').waitFor()
    t.equal((await bridge.app.plans.get(grave))?.state, 'WAITING', 'two at once are one')
    await pause(500)
    await page.keyboard.down('Enter')
    await until(async () => (await bridge.app.plans.get(grave))?.state === 'APPROVED')
    await page.keyboard.up('Enter')
    t.match(await bridge.app.plans.get(grave), { decidedBy: 'alice' })
    await cardOf(page, grave).waitFor({ state: 'detached' })

    const held = await plan('deleteVM', { vmUUID: stopped[1]?.uuid })
    await cardOf(page, held).getByRole('button', { name: 'Approve' }).focus()
    for (let i = 0; i < 30; i++) {
      // The browser repeats the key.
      await page.keyboard.down('Enter')
      await pause(30)
    }
    await page.keyboard.up('Enter')
    t.equal(
      (await bridge.app.plans.get(held))?.state,
      'WAITING',
      'a key that is held down is one press'
    )
    await cardOf(page, held).getByRole('button', { name: 'Deny' }).focus()
    t.equal(
      await cardOf(page, held).getByRole('button', { name: 'Approve' }).textContent(),
      'Approve',
      'it does not ask for ever'
    )
    await page.keyboard.press('Enter')
    await page.keyboard.type('not <b>today</b>')
    await page.keyboard.press('Enter')
    await until(async () => (await bridge.app.plans.get(held))?.state === 'DENIED')
    t.equal((await bridge.app.plans.get(held))?.reason, 'not <b>today</b>')
    await page.locator('#decided', { hasText: 'not <b>today</b>' }).waitFor()
    t.equal(await page.title(), 'scale-bridge console')
    t.same(problems, [])
  })

  await t.test(
    'a requester cannot approve their own plan, and a viewer cannot decide on any plan',
    async (t) => {
      const { bridge, alice, viewer, plan, vmUUID } = await start(t)
      const id = await plan('snapshotVM', { vmUUID, label: 'x' })
      const own = await openConsole(t, browser, bridge)
      await signIn(own.page, bridge.token)
      const card = cardOf(own.page, id)
      await card.getByText('another person has to approve it').waitFor()
      t.equal(await card.getByRole('button', { name: 'Approve' }).count(), 0)
      const refused = await own.page.evaluate(`fetch('/console/approvals/${id}/approve',
      { method: 'POST' }).then((response) => response.json())`)
      t.match(refused, { error: { code: 'OWN_PLAN' } }, 'nor behind the page')

      // The same person with another token: the page cannot know, the bridge does.
      bridge.app.plans.approve = () => {
        throw new BridgeError('OWN_PLAN', 'Plan was asked for by you: another person decides on it')
      }
      const other = await openConsole(t, browser, bridge)
      await signIn(other.page, alice.token)
      await cardOf(other.page, id).getByRole('button', { name: 'Approve' }).click()
      await other.page.getByRole('alert').getByText('another person decides on it').waitFor()
      t.ok(await cardOf(other.page, id).getByRole('button', { name: 'Deny' }).isEnabled())

      const looking = await openConsole(t, browser, bridge)
      await signIn(looking.page, viewer.token)
      await cardOf(looking.page, id).waitFor()
      await looking.page.getByText('This token looks only').waitFor()
      t.equal(await cardOf(looking.page, id).getByRole('button').count(), 0)
      t.equal((await bridge.app.plans.get(id))?.state, 'WAITING')

      await card.getByRole('button', { name: 'Withdraw' }).click()
      await card.locator('form').getByRole('button', { name: 'Withdraw' }).click()
      await until(async () => (await bridge.app.plans.get(id))?.state === 'DENIED')
      for (const { problems } of [own, other, looking]) t.same(problems, [])
    }
  )

  await t.test('a plan runs out of time in view', async (t) => {
    const { bridge, alice, plan, vmUUID } = await start(t)
    const id = await plan('snapshotVM', { vmUUID, label: 'x' })
    const { page, problems } = await openConsole(t, browser, bridge)
    await signIn(page, alice.token)
    const card = cardOf(page, id)
    await card.locator('.left', { hasText: /9:\d\d left/ }).waitFor()
    const { plans } = bridge.app
    const list = plans.list.bind(plans)
    const late = { at: Date.now() + 3_000 }
    plans.list = async () => (await list()).map((each) => ({ ...each, expiresAt: late.at }))
    // The page receives an earlier expiry than before.
    await page.reload()
    await card.locator('.left.soon', { hasText: /0:0\d left/ }).waitFor()
    await card.locator('.left', { hasText: 'expired' }).waitFor()
    t.ok(await card.getByRole('button', { name: 'Approve' }).isDisabled())
    t.ok(await card.getByRole('button', { name: 'Deny' }).isDisabled())
    plans.list = async () => (await list()).map((each) => ({ ...each, state: 'EXPIRED' }))
    await card.waitFor({ state: 'detached' })
    await page.locator('#decided', { hasText: 'EXPIRED' }).waitFor()
    t.same(problems, [])
  })

  await t.test('cards that move are not pressed by accident', async (t) => {
    const { bridge, alice, plan, vmUUID } = await start(t)
    const first = await plan('snapshotVM', { vmUUID, label: 'one' })
    const second = await plan('snapshotVM', { vmUUID, label: 'two' })
    const { page } = await openConsole(t, browser, bridge)
    await signIn(page, alice.token)
    await cardOf(page, second).waitFor()
    t.match(await page.locator('.plan').first().textContent(), first, 'what expires first is above')
    await bridge.app.plans.deny(first, alice.principal)
    await cardOf(page, first).waitFor({ state: 'detached' })
    await page.evaluate(`document.querySelector('.approve').click()`)
    await pause(200)
    t.equal((await bridge.app.plans.get(second))?.state, 'WAITING')
    await pause(600)
    await cardOf(page, second).getByRole('button', { name: 'Approve' }).click()
    await until(async () => (await bridge.app.plans.get(second))?.state === 'APPROVED')
  })

  await t.test('names of others are texts, and what deceives is marked', async (t) => {
    const { bridge, alice, plan, stopped } = await start(t)
    const names = [
      '<img src=x onerror=hacked=1><script>hacked=1</script>',
      'web\u202e10-bew',
      'w\u0435b-01',
      `${'long-'.repeat(30)}end`
    ]
    const { state } = bridge.simulator.world
    for (const [i, vm] of [...state.virDomains.values()].entries())
      vm.name = hostileNames[i % hostileNames.length] ?? vm.name
    for (const [i, vm] of stopped.entries()) {
      vm.name = names[i % names.length] ?? ''
      vm.tags = '<i>tag</i>,javascript:hacked=1'
    }
    for (const vm of stopped.slice(0, 4)) {
      const id = await plan('deleteVM', { vmUUID: vm.uuid })
      if (vm === stopped[0])
        await bridge.app.plans.deny(id, alice.principal, '<img src=x onerror=hacked=1>')
    }
    const again = await plan('deleteVM', { vmUUID: stopped[0]?.uuid })
    for (const width of [1280, 360]) {
      const viewport = { width, height: 780 }
      const { page, problems } = await openConsole(t, browser, bridge, { viewport })
      await signIn(page, alice.token)
      await page.locator('.figure').first().waitFor()
      await page.locator('#decided li').waitFor()
      await page.locator('.plan').nth(3).waitFor()
      for (const summary of await page.locator('summary').all()) await summary.click()
      t.equal(await page.evaluate('typeof hacked'), 'undefined')
      t.equal(await page.locator('.plan img, .plan script, .plan i, #decided img, a').count(), 0)
      t.match(await cardOf(page, again).locator('.target strong').textContent(), '<img src=x')
      t.same(await page.locator('.target mark').allTextContents(), ['\\u202e', '\u0435'])
      t.equal(await page.locator('.look-twice').count(), 2)
      t.notMatch(await page.locator('body').textContent(), /[\u202e\u200b]/)
      const wide = await page.evaluate('document.documentElement.scrollWidth')
      t.ok(Number(wide) <= width, `nothing is wider than ${width}: ${String(wide)}`)
      await t.rejects(page.evaluate(`document.body.innerHTML = '<b>x</b>'`), /TrustedHTML/)
      t.same(
        problems.filter((problem) => !/trusted/i.test(problem)),
        []
      )
    }
  })

  await t.test('pages of others cannot decide with the session of a browser', async (t) => {
    const { bridge, alice, plan, vmUUID } = await start(t)
    const id = await plan('snapshotVM', { vmUUID, label: 'x' })
    const target = `${bridge.url}/console/approvals/${id}/approve`
    const evil = createServer((_request, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end(`<!doctype html>
        <form method="post" action="${target}" enctype="text/plain"><input name="x"></form>
        <script>
          const send = (options) => fetch('${target}', { method: 'POST', credentials: 'include', ...options })
            .then((response) => String(response.status), (error) => 'refused')
          const wild = async () => Promise.all([
            send({}),
            send({ mode: 'no-cors', body: '{}' }),
            send({ headers: { 'content-type': 'application/json' }, body: '{}' }),
            fetch('${bridge.url}/console/approvals', { credentials: 'include' }).then((r) => r.text(), () => 'refused')
          ])
        </script>`)
    )
    await new Promise<void>((resolve) => evil.listen(0, '127.0.0.1', resolve))
    t.teardown(() => {
      evil.closeAllConnections()
      evil.close()
    })
    const { port } = evil.address() as AddressInfo
    const { page } = await openConsole(t, browser, bridge)
    await signIn(page, alice.token)
    await cardOf(page, id).waitFor()
    // Of the same site, so that the cookie is sent; and of another.
    for (const origin of [`http://127.0.0.1:${port}`, `http://localhost:${port}`]) {
      const other = await page.context().newPage()
      await other.goto(origin)
      const answers = (await other.evaluate('wild()')) as string[]
      t.same([answers[0], answers[2], answers[3]], ['refused', 'refused', 'refused'], origin)
      await other.evaluate('document.forms[0].submit()').catch(() => undefined)
      await other.waitForURL(target)
      t.match(await other.locator('body').textContent(), /ORIGIN_REFUSED|UNSUPPORTED/)
      await other.goto(origin)
      await other.setContent(`<iframe src="${bridge.url}/console"></iframe>`)
      await pause(300)
      const [, frame] = other.frames()
      t.notMatch(await frame?.content().catch(() => ''), /Sign in|Waiting/, 'nor frame the page')
      await other.close()
    }
    t.equal((await bridge.app.plans.get(id))?.state, 'WAITING')
    await cardOf(page, id).getByRole('button', { name: 'Approve' }).click()
    await until(async () => (await bridge.app.plans.get(id))?.state === 'APPROVED')
  })

  await t.test('a bridge that goes and comes, and a token that is revoked', async (t) => {
    const port = await freePort()
    const first = await start(t, { config: { port } })
    const { page, problems } = await openConsole(t, browser, first.bridge)
    await signIn(page, first.alice.token)
    await page.getByText('Live', { exact: true }).waitFor()
    await first.bridge.close()
    await page.getByText(/No connection to the bridge|The session has ended/).waitFor()
    const second = await start(t, { config: { port } })
    await page.getByText('The session has ended: sign in again.').waitFor()
    await signIn(page, second.alice.token)
    await page.getByText('Live', { exact: true }).waitFor()
    second.bridge.app.authenticators.splice(1)
    await page.getByText('The session has ended: sign in again.').waitFor()
    t.notOk(await page.locator('#console').isVisible())
    t.same(problems, [])
  })
})
