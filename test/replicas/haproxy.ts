import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { balancerConfig } from '../helper/compose.ts'
import { DnsServer } from '../helper/dns-server.ts'
import { freePort, portIsFree } from '../helper/ports.ts'

const installed = '/usr/sbin/haproxy'

const program = process.env['HAPROXY'] ?? (existsSync(installed) ? installed : undefined)

/** Why tests cannot use HAProxy; false where they can. For the option `skip` of a test. */
export const noHaproxy =
  program === undefined &&
  'HAProxy is not installed (apt-get install haproxy); HAPROXY names its program'

/** One that has to be in the text, replaced wherever it is. */
function replaced(text: string, part: string, by: string): string {
  if (!text.includes(part)) throw new Error(`the configuration of the balancer lacks ${part}`)
  return text.replaceAll(part, by)
}

/** What HAProxy says of a configuration. */
export function checkConfig(
  folder: string,
  text: string
): { status: number | null; output: string } {
  const file = join(folder, 'checked.cfg')
  writeFileSync(file, text)
  const { status, stdout, stderr } = spawnSync(program ?? '', ['-c', '-V', '-f', file], {
    encoding: 'utf8'
  })
  return { status, output: stdout + stderr }
}

/**
 * HAProxy with the configuration of compose.replicas.yaml, but for addresses that only containers have: the
 * bridges listen at addresses of their own on one port, and are known by their names.
 */
export class Haproxy {
  readonly url: string
  readonly #child: ChildProcess
  readonly #dns: DnsServer
  readonly #port: number

  private constructor(url: string, child: ChildProcess, dns: DnsServer, port: number) {
    this.url = url
    this.#child = child
    this.#dns = dns
    this.#port = port
  }

  /** @param folder for its configuration */
  static async start(folder: string): Promise<Haproxy> {
    if (program === undefined) throw new Error('HAProxy is not installed')
    const [own, port, dns] = [await freePort(), await freePort(), await DnsServer.start()]
    const { content } = balancerConfig()
    const listens = replaced(content, 'bind :5075', `bind 127.0.0.1:${own}`)
    const text = replaced(replaced(listens, '127.0.0.11:53', dns.address), ':5075 ', `:${port} `)
    const file = join(folder, 'haproxy.cfg')
    writeFileSync(file, text)
    const child = spawn(program, ['-db', '-f', file], { stdio: ['ignore', 'ignore', 'pipe'] })
    const haproxy = new Haproxy(`http://127.0.0.1:${own}`, child, dns, port)
    let errors = ''
    child.stderr.setEncoding('utf8').on('data', (part: string) => (errors += part))
    while (await portIsFree(own)) {
      if (child.exitCode !== null) {
        await haproxy.close()
        throw new Error(`HAProxy ended: ${errors}`)
      }
      await sleep(20)
    }
    return haproxy
  }

  /** Settings of a bridge behind it, whose name leads to this address from now on. */
  placeOf(at: number, address = `127.0.1.${at + 1}`): Record<string, string> {
    this.#dns.names.set(`bridge-${at + 1}`, address)
    return { HOST: address, PORT: String(this.#port) }
  }

  /** It finds out by itself which bridges are there. */
  use(): void {}

  async close(): Promise<void> {
    await this.#dns.close()
    if (this.#child.exitCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }
}
