import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Owner } from '../../eval/owner.ts'
import { freePort } from '../../helper/ports.ts'
import { run } from '../../helper/shell.ts'
import { runSpawnedCli, type SpawnedCli, startSpawnedCli } from '../../helper/spawn-cli.ts'

/** A bridge as an operator runs it, with its settings in a `.env`, before a simulated cluster over TLS. */
export interface OperatedBridge {
  url: string
  /** Of the person who approves. */
  approver: string
  /** Lets the next task of the cluster take so long. */
  slowTask(ms: number): Promise<void>
  /** Changes a setting, of which the next start takes notice. */
  set(name: string, value: string): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
  /** What a command prints, in the bridge's folder. */
  command(args: string[]): Promise<string>
  /** What the bridge has logged since the last start. */
  log(): string
}

/** Starts the cluster, and prepares the bridge; `openWebUi` is the address of the page that may call it. */
export async function prepareBridge(
  owner: Owner,
  folder: string,
  openWebUi: string
): Promise<OperatedBridge> {
  const cluster = startSpawnedCli(owner, ['simulator', '--port', '0', '--vms', '12'], {
    cwd: folder
  })
  const [settings] = await cluster.printed(/^MCP_BEARER_TOKEN=[\s\S]*?SCALE_TLS_FINGERPRINT=.*$/m)
  const node = /https:\S+/.exec(cluster.stdout)?.[0] ?? ''
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const lines = [
    settings,
    `PORT=${port}`,
    'APPROVAL=lose',
    'MCP_TOKEN_SCOPE=read,operate,interrupt,lose',
    `PUBLIC_URL=${url}`,
    `CORS_ORIGINS=${openWebUi}`,
    ''
  ]
  const file = join(folder, '.env')
  await writeFile(file, lines.join('\n'), { mode: 0o600 })
  const command = async (args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await runSpawnedCli(owner, args, { cwd: folder })
    if (code !== 0) throw new Error(`scale-bridge ${args.join(' ')}: ${stderr}`)
    return stdout
  }
  const printed = await command(['token', 'new', '--name', 'ada', '--scope', 'read,approve'])
  let running: SpawnedCli | undefined
  return {
    url,
    approver: printed.trim().split(/\s+/).at(-1) ?? '',
    async set(name, value) {
      const others = (await readFile(file, 'utf8'))
        .split('\n')
        .filter((line) => !line.startsWith(`${name}=`))
      await writeFile(file, [...others, `${name}=${value}`, ''].join('\n'))
    },
    async start() {
      running = startSpawnedCli(owner, ['serve'], { cwd: folder })
      await running.printed(/listens on (\S+) /)
    },
    async stop() {
      await running?.stop()
    },
    command,
    async slowTask(ms) {
      const fault = JSON.stringify({ kind: 'stuck-task', ms, times: 1 })
      const login = ['-sSk', '-u', 'admin:admin', `${node}/simulator/faults`, '-d', fault]
      const { exitCode, stderr } = await run('curl', login)
      if (exitCode !== 0) throw new Error(`the simulated cluster takes no fault: ${stderr}`)
    },
    log: () => `${running?.stdout ?? ''}${running?.stderr ?? ''}`
  }
}
