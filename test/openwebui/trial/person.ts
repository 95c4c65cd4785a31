import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { Owner } from '../../eval/owner.ts'

/** Two cores at work elsewhere take it that long. */
const timeoutMs = 45_000

export interface Account {
  name: string
  email: string
  password: string
}

/** A person at OpenWebUI's pages, in a browser of their own. */
export class Person {
  readonly page: Page
  readonly account: Account
  /** Where pictures of what this person sees go. */
  pictures = ''
  readonly #url: string

  private constructor(page: Page, account: Account, url: string) {
    this.page = page
    this.account = account
    this.#url = url
  }

  /** Signs up; the first one becomes the administrator. */
  static async signUp(
    owner: Owner,
    browser: Browser,
    url: string,
    account: Account,
    options: BrowserContextOptions = {}
  ): Promise<Person> {
    const context = await browser.newContext({ viewport: { width: 1100, height: 860 }, ...options })
    owner.teardown(() => context.close())
    const page = await context.newPage()
    page.setDefaultTimeout(timeoutMs)
    await page.goto(url)
    const first = page.getByRole('button', { name: /Get started/ })
    const later = page.getByRole('button', { name: 'Sign up' })
    await first.or(later).first().waitFor()
    await first.or(later).first().click()
    await page.locator('#name').fill(account.name)
    await page.locator('#email').fill(account.email)
    await page.locator('#password').fill(account.password)
    await page.locator('#password').press('Enter')
    const person = new Person(page, account, url)
    await page.locator('#chat-input').waitFor()
    await person.closeNews()
    return person
  }

  /** What OpenWebUI shows of itself after an installation, to administrators. */
  async closeNews(): Promise<void> {
    const news = this.page.getByText("Okay, Let's Go!")
    await news.waitFor({ timeout: 4000 }).catch(() => undefined)
    if (await news.isVisible()) await news.click()
  }

  /** Takes a picture of what is seen. */
  async picture(name: string): Promise<void> {
    const path = join(this.pictures, `${name}.png`)
    await this.page.screenshot({ path, animations: 'disabled' })
  }

  /** The token of the session, as the page keeps it. */
  token = async (): Promise<string> => String(await this.page.evaluate('localStorage.token'))

  /** All that the page shows. */
  shown = async (): Promise<string> => String(await this.page.evaluate('document.body.innerText'))

  async open(path: string): Promise<void> {
    await this.page.goto(this.#url + path)
  }

  /** The connections that the menu of a new chat offers. */
  async openToolMenu(model = ''): Promise<string[]> {
    await this.open(model === '' ? '/' : `/?models=${encodeURIComponent(model)}`)
    await this.page.locator('#chat-input').waitFor()
    // The page asks for the tools before it shows how many there are.
    await pause(1500)
    await this.page.locator('#integration-menu-button').click()
    const entry = this.page.getByRole('menuitem', { name: /^Tools/ })
    if ((await entry.count()) === 0) return []
    await entry.click()
    const offered = this.page.getByRole('menuitemcheckbox')
    await offered.first().waitFor()
    return (await offered.allInnerTexts()).map((each) => each.trim())
  }

  /** A new chat, with these connections chosen and no others. */
  async newChat(connections: string[], model = ''): Promise<void> {
    const offered = await this.openToolMenu(model)
    for (const name of offered) {
      const box = this.page.getByRole('menuitemcheckbox', { name, exact: true })
      const isChosen = (await box.getAttribute('aria-checked')) === 'true'
      if (isChosen !== connections.includes(name)) await box.click()
    }
    const missing = connections.filter((each) => !offered.includes(each))
    if (missing.length > 0) throw new Error(`the menu offers no ${missing.join(', ')}`)
    await pause(300)
    await this.page.locator('#chat-input').click()
  }

  /** Sends a message in the open chat. */
  async say(text: string): Promise<void> {
    await this.page.locator('#chat-input').click()
    await this.page.keyboard.type(text)
    await this.page.keyboard.press('Enter')
  }

  /** What the open chat shows since this was said. */
  async chatAfter(said: string): Promise<string> {
    const text = await this.shown()
    return text.slice(text.lastIndexOf(said) + said.length)
  }

  /** Waits until the chat shows this after what was said; returns the match. */
  async sees(said: string, pattern: RegExp, withinMs = timeoutMs): Promise<RegExpExecArray> {
    const limit = Date.now() + withinMs
    for (;;) {
      const text = await this.chatAfter(said)
      const match = pattern.exec(text)
      if (match !== null) return match
      if (Date.now() > limit) {
        const start = text.trim().slice(0, 300).replaceAll(/\s+/g, ' ')
        throw new Error(`the chat does not show ${String(pattern)}, but: ${start}`)
      }
      await pause(150)
    }
  }

  /** Says it, and waits for what the chat shows. */
  async asks(said: string, pattern: RegExp): Promise<RegExpExecArray> {
    await this.say(said)
    return this.sees(said, pattern)
  }

  /** The settings of the integrations: of all users (administrators), or one's own. */
  async openIntegrations(whose: 'all' | 'own'): Promise<void> {
    if (whose === 'all') {
      await this.open('/admin/settings/integrations')
    } else {
      await this.open('/')
      await this.page.locator('#chat-input').waitFor()
      await this.page.getByRole('button', { name: 'User menu' }).last().click()
      await this.page.getByText('Settings', { exact: true }).last().click()
      const settings = this.page.getByRole('dialog', { name: 'Settings' })
      await settings.getByText('Integrations', { exact: true }).first().click()
    }
    await this.page.getByText('External Tool Servers', { exact: true }).waitFor()
  }

  /** The dialog of a connection that is listed, by its place. */
  async openConnection(index: number): Promise<void> {
    const control = this.page.locator('button[id^="connection-"]').nth(index)
    await control.waitFor()
    // The button with the wheel has no name; it comes before the switch.
    await control.locator('xpath=preceding::button[1]').click()
    await this.page.getByText('Edit Connection').waitFor()
  }

  /** The dialog for a new connection. */
  async addConnection(): Promise<void> {
    await this.page.getByRole('button', { name: 'Add Connection' }).first().click()
    await this.page.getByText('Import', { exact: true }).waitFor()
  }

  /** Saves the dialog, and the page that it belongs to. */
  async saveConnection(): Promise<void> {
    const dialog = this.page.getByText(/^(?:Add|Edit) Connection$/).last()
    await this.page.getByRole('button', { name: 'Save', exact: true }).last().click()
    await dialog.waitFor({ state: 'hidden' })
    await this.page.getByRole('button', { name: 'Save', exact: true }).last().click()
    await pause(1500)
  }

  /** Presses Verify, and returns what the notice at the corner of the page says. */
  async verify(): Promise<string> {
    await this.page.getByRole('button', { name: 'Verify Connection' }).click()
    const notice = this.page.locator('[data-sonner-toast]', { hasText: /connect/i }).first()
    await notice.waitFor()
    return (await notice.innerText()).trim()
  }
}
