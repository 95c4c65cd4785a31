import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, extname, resolve } from 'node:path'
import { CommandError } from '../../lib/errors/command-error.ts'
import { quoteText } from '../../lib/text/quote.ts'
import { formatBytes, percentOf } from '../../lib/text/units.ts'
import { type BridgeOptions, bridgeAccess } from '../bridge-access.ts'
import type { Io } from '../io/io.ts'
import { putFile } from './put-file.ts'

export interface UploadOptions extends BridgeOptions {
  name?: string
  disk?: true
  sha256?: string
  plan?: string
}

const barWidth = 24
/** Between two pictures of the bar. */
const drawMs = 200

/** Draws how far it is on a terminal; says nothing elsewhere. */
class ProgressBar {
  readonly #io: Io
  readonly #bytes: number
  readonly #since = performance.now()
  #drawnAt = -Infinity

  constructor(io: Io, bytes: number) {
    this.#io = io
    this.#bytes = bytes
  }

  at(sent: number): void {
    const now = performance.now()
    const isDone = sent >= this.#bytes
    if (this.#io.stderr.stream.isTTY !== true || (now - this.#drawnAt < drawMs && !isDone)) return
    this.#drawnAt = now
    const percent = percentOf(sent, this.#bytes)
    const full = Math.round((barWidth * percent) / 100)
    const rate = formatBytes(sent / Math.max(0.001, (now - this.#since) / 1000))
    const bar = `[${'#'.repeat(full)}${'.'.repeat(barWidth - full)}]`
    const far = `${formatBytes(sent)} of ${formatBytes(this.#bytes)}`
    const text = `${bar} ${percent} %, ${far}, ${rate}/s${isDone ? ', the cluster takes it in' : ''}`
    // To the beginning of the line, over what stood there.
    this.#io.stderr.stream.write(`\r${text.padEnd(78)}`)
  }

  end(): void {
    if (Number.isFinite(this.#drawnAt)) this.#io.stderr.stream.write('\n')
  }
}

/** Sends a file to the running bridge, which passes it on to the cluster. */
export async function uploadCommand(
  io: Io,
  file: string,
  { name, disk, sha256, plan, ...options }: UploadOptions
): Promise<void> {
  const path = resolve(io.cwd, file)
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(
      `${quoteText(file)} ${error.code === 'ENOENT' ? 'does not exist' : `cannot be read (${error.code})`}`,
      2
    )
  })
  if (!found.isFile() || found.size === 0)
    throw new CommandError(`${quoteText(file)} ${found.isFile() ? 'is empty' : 'is not a file'}`, 2)
  const bytes = found.size
  // A name that was given without an ending gets that of the file.
  const given =
    name === undefined ? basename(path) : extname(name) === '' ? name + extname(path) : name
  const isDisk = disk === true || !/\.iso$/i.test(given)
  const { url, token } = await bridgeAccess(
    io,
    options,
    'pass one with the scopes operate and egress'
  )
  const query = new URLSearchParams({
    ...(sha256 !== undefined && { sha256 }),
    ...(plan !== undefined && { plan })
  })
  const place = `${url}/upload/${isDisk ? 'disk' : 'iso'}/${encodeURIComponent(given)}`
  const interrupt = io.catchInterrupt()
  const bar = new ProgressBar(io, bytes)
  const hash = createHash('sha256')
  try {
    const response = await putFile(query.size === 0 ? place : `${place}?${query.toString()}`, {
      token,
      bytes,
      chunks: createReadStream(path, { highWaterMark: 256 * 1024 }),
      onChunk: (chunk, sent) => {
        hash.update(chunk)
        bar.at(sent)
      },
      signal: interrupt.signal
    }).finally(() => bar.end())
    const own = hash.digest('hex')
    if (response['sha256'] !== own)
      throw new CommandError(
        `The bridge has received another file than was read (SHA-256 ${own} here, ${String(response['sha256'])} there): delete it, and look whether something changes ${quoteText(file)}`
      )
    io.stdout.line(String(response['message']))
  } finally {
    interrupt.release()
  }
}
