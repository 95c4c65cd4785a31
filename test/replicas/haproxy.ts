import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { balancerConfig } from '../helper/compose.ts'
import { freePort, portIsFree } from '../helper/ports.ts'

const installed = '/usr/sbin/haproxy'

const program = process.env['HAPROXY'] ?? (existsSync(installed) ? installed : undefined)

/** Why tests cannot use HAProxy; false where they can. For the option `skip` of a test. */
export const noHaproxy =
  program === undefined &&
  'HAProxy is not installed (apt-get install haproxy); HAPROXY names its program'

export interface HaproxyOptions {
  /** For its configuration. */
  folder: string
  /** Of the bridges, each at its own address. */
  port: number
  /** `HOST:PORT` of the server that knows `bridge-1`, `bridge-2`, `bridge-3`. */
  nameserver: string
}

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

/** HAProxy with the configuration of compose.replicas.yaml, but for addresses that only containers have. */
export class Haproxy {
  readonly url: string
  readonly #child: ChildProcess

  private constructor(url: string, child: ChildProcess) {
    this.url = url
    this.#child = child
  }

  static async start({ folder, port, nameserver }: HaproxyOptions): Promise<Haproxy> {
    if (program === undefined) throw new Error('HAProxy is not installed')
    const own = await freePort()
    const { content } = balancerConfig()
    const listens = replaced(content, 'bind :5075', `bind 127.0.0.1:${own}`)
    const text = replaced(replaced(listens, '127.0.0.11:53', nameserver), ':5075 ', `:${port} `)
    const file = join(folder, 'haproxy.cfg')
    writeFileSync(file, text)
    const child = spawn(program, ['-db', '-f', file], { stdio: ['ignore', 'ignore', 'pipe'] })
    let errors = ''
    child.stderr.setEncoding('utf8').on('data', (part: string) => (errors += part))
    while (await portIsFree(own)) {
      if (child.exitCode !== null) throw new Error(`HAProxy ended: ${errors}`)
      await sleep(20)
    }
    return new Haproxy(`http://127.0.0.1:${own}`, child)
  }

  /** It finds out by itself which bridges are there. */
  use(): void {}

  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }
}
