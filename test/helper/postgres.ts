import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { NodeCertificate } from '../../src/simulator/certificate.ts'
import { freePort } from './ports.ts'

/** Where Debian keeps the programs of PostgreSQL: `/usr/lib/postgresql/15/bin`. */
const installed = '/usr/lib/postgresql'

function findPrograms(): string | undefined {
  const named = process.env['POSTGRES_BIN']
  if (named !== undefined) return named
  if (!existsSync(installed)) return undefined
  const versions = readdirSync(installed).toSorted((a, b) => Number(b) - Number(a))
  return versions
    .map((version) => join(installed, version, 'bin'))
    .find((folder) => existsSync(join(folder, 'initdb')))
}

const programs = findPrograms()

/** Why tests cannot use PostgreSQL; false where they can. For the option `skip` of a test. */
export const noPostgres =
  programs === undefined &&
  'PostgreSQL is not installed (apt-get install postgresql); POSTGRES_BIN names the folder of its programs'

/** It refuses to run as root: then as the user that its package has created. */
function owner(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const id = (flag: string): number =>
    Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

/** A PostgreSQL server of the test's own, in a folder that goes with it. */
export class PostgresServer {
  readonly port: number
  readonly #folder: string
  readonly #bin: string
  readonly #as = owner()
  #server: ChildProcess | undefined
  #databases = 0

  private constructor(bin: string, folder: string, port: number) {
    this.#bin = bin
    this.#folder = folder
    this.port = port
  }

  /** With the user `bridge`, whose password is `store-password`. */
  static async start(): Promise<PostgresServer> {
    if (programs === undefined) throw new Error('PostgreSQL is not installed')
    const folder = mkdtempSync(join(tmpdir(), 'postgres-'))
    const server = new PostgresServer(programs, folder, await freePort())
    if (server.#as !== undefined) chownSync(folder, server.#as.uid, server.#as.gid)
    execFileSync(
      join(programs, 'initdb'),
      [
        '-D',
        join(folder, 'data'),
        '-U',
        'postgres',
        '-A',
        'trust',
        '-E',
        'UTF8',
        '--locale=C',
        '-N'
      ],
      { ...server.#as, cwd: folder, stdio: 'pipe' }
    )
    await server.up()
    await server.run("create role bridge login superuser password 'store-password'")
    return server
  }

  /** The address of a database that is empty. */
  async newDatabase(): Promise<string> {
    const name = `bridge_${++this.#databases}`
    await this.run(`create database ${name} owner bridge`)
    return `postgres://bridge:store-password@127.0.0.1:${this.port}/${name}`
  }

  /** Runs a statement as the server's own user. */
  async run(text: string, database = 'postgres'): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ host: '127.0.0.1', port: this.port, user: 'postgres', database })
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(text)).rows
    } finally {
      await client.end()
    }
  }

  /** Starts it again with TLS, which it offers without asking for it. */
  async encrypt({ certificate, privateKey }: NodeCertificate): Promise<void> {
    await this.down()
    const settings = "\nssl = on\nssl_cert_file = 'server.crt'\nssl_key_file = 'server.key'\n"
    for (const [name, text] of [
      ['server.crt', certificate],
      ['server.key', privateKey],
      ['postgresql.auto.conf', settings]
    ] as const) {
      const file = join(this.#folder, 'data', name)
      writeFileSync(file, text, { mode: 0o600 })
      if (this.#as !== undefined) chownSync(file, this.#as.uid, this.#as.gid)
    }
    await this.up()
  }

  /** Starts it; after `down` with all that it had. */
  async up(): Promise<void> {
    const options = [
      '-p',
      String(this.port),
      '-k',
      this.#folder,
      '-c',
      'listen_addresses=127.0.0.1'
    ]
    this.#server = spawn(
      join(this.#bin, 'postgres'),
      ['-D', join(this.#folder, 'data'), ...options],
      {
        ...this.#as,
        cwd: this.#folder,
        stdio: 'ignore'
      }
    )
    for (let tries = 0; ; tries++) {
      try {
        await this.run('select 1')
        return
      } catch (error) {
        if (tries > 200) throw error
        await sleep(50)
      }
    }
  }

  /** Ends it at once, as a crash does, or by ending the connections. */
  async down(signal: 'SIGQUIT' | 'SIGINT' = 'SIGINT'): Promise<void> {
    const server = this.#server
    if (server === undefined || server.exitCode !== null) return
    const over = once(server, 'exit')
    server.kill(signal)
    await over
  }

  /** Freezes the server, as if the network to it had failed. @returns what resumes it */
  async pause(): Promise<() => void> {
    const { pid = 0 } = this.#server ?? {}
    const rows = await this.run('select pid from pg_stat_activity')
    const all = [pid, ...rows.map(({ pid }) => Number(pid))]
    const tell = (signal: NodeJS.Signals): void => {
      for (const each of all)
        try {
          process.kill(each, signal)
        } catch {
          // It has ended by itself.
        }
    }
    tell('SIGSTOP')
    return () => tell('SIGCONT')
  }

  async close(): Promise<void> {
    await this.down('SIGQUIT')
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
