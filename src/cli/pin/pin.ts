import { settings } from '../../config/config.ts'
import { backUpEnvFile, overruled, writeEnvFile } from '../../config/env-file.ts'
import { readEnvText } from '../../config/env-text.ts'
import { parseNode } from '../../config/setting-values.ts'
import { CommandError } from '../../lib/errors/command-error.ts'
import { describeBackup } from '../../lib/files/user-file.ts'
import { canAsk, type Io, warn } from '../io/io.ts'
import { Prompter } from '../io/prompter.ts'
import { openSettings, type SettingsOptions } from '../settings.ts'
import { comparisonAdvice, showNode, viewNodes, type NodeView } from './node-certificates.ts'
import { notedPins, pinInEnvText, sameFingerprint, type Pin } from './pins.ts'

export interface PinOptions extends SettingsOptions {
  write?: boolean
}

/** How a node's certificate compares with the pins. */
type PinStatus = 'pinned' | 'changed' | 'mismatch' | 'new'

/** Reads a list setting that may be absent or wrong. */
function readList(
  name: string,
  text: string | undefined,
  parse: (text: string) => string[]
): string[] {
  if (!text?.trim()) return []
  try {
    return parse(text)
  } catch (error) {
    throw new CommandError(`${name} ${error instanceof Error ? error.message : 'is wrong'}`, 2)
  }
}

interface Pinned {
  fingerprints: string[]
  notes: Pin[]
  nodes: string[]
}

function statusOf({ origin, certificate }: NodeView, pinned: Pinned): PinStatus {
  const shown = certificate?.fingerprint256 ?? ''
  if (pinned.fingerprints.some((print) => sameFingerprint(print, shown))) return 'pinned'
  if (pinned.notes.some((note) => note.origin === origin)) return 'changed'
  // Enough pins for every node, but none for this one: one of them may have been its own.
  const complete = pinned.fingerprints.length >= pinned.nodes.length
  return pinned.nodes.includes(origin) && complete ? 'mismatch' : 'new'
}

const statusText: Record<PinStatus, string> = {
  pinned: 'pinned already',
  changed: 'NOT the pinned certificate: it has CHANGED',
  mismatch: 'NOT one of the pinned certificates: it may have CHANGED',
  new: 'not pinned'
}

const isAlarming = (status: PinStatus): boolean => status === 'changed' || status === 'mismatch'

function show({ stdout }: Io, view: NodeView, status: PinStatus): void {
  const style = isAlarming(status) ? 'red' : status === 'pinned' ? 'green' : 'yellow'
  showNode(stdout, view, [stdout.style(style, statusText[status])])
}

/** A yes at the terminal; without a terminal it is a no. */
async function isConfirmed(io: Io, alarming: boolean, path: string): Promise<boolean> {
  if (!canAsk(io)) return false
  const prompter = new Prompter(io)
  try {
    return await prompter.confirm(`Pin ${alarming ? 'them anyway' : 'them'} in ${path}?`, false)
  } finally {
    prompter.close()
  }
}

const originsOf = (views: readonly NodeView[]): string =>
  views.map(({ origin }) => origin).join(', ')

/**
 * Shows the certificates of nodes and, once confirmed, pins them in the settings file.
 * @returns the exit code: 1 if a node did not respond, or one presents another certificate than the
 * pinned one and that was not accepted.
 */
export async function pin(
  io: Io,
  hosts: string[],
  { write = false, ...options }: PinOptions
): Promise<number> {
  const { file, env } = await openSettings(io, options)
  const nodes = readList('SCALE_HOST', env[settings.nodes.name], settings.nodes.parse)
  const asked =
    hosts.length === 0
      ? nodes
      : readList('HOST', hosts.join(','), (text) => text.split(',').map(parseNode))
  if (asked.length === 0)
    throw new CommandError(
      `Name a node, as in \`scale-bridge pin 10.20.0.11\`, or set SCALE_HOST in ${file.path}`,
      2
    )
  const { name, parse } = settings.tlsFingerprints
  const inFile = readList(name, file.values[name], parse)
  const fingerprints = readList(name, env[name], parse)
  const pinned = { fingerprints, notes: notedPins(file.text, fingerprints), nodes }

  io.stderr.say(`Asking ${asked.join(', ')} …`)
  const views = await viewNodes(asked)
  const statuses = views.map((view) => statusOf(view, pinned))
  for (const [i, view] of views.entries()) show(io, view, statuses[i] ?? 'new')
  const shown = views.filter((view) => view.certificate !== undefined)
  const changed = views.filter((view, i) => view.certificate && isAlarming(statuses[i] ?? 'new'))
  if (changed.length > 0)
    warn(
      io,
      `${originsOf(changed)}: the certificate is not the pinned one. ` +
        'Unless it was replaced on purpose, another machine may be impersonating the node: find out before you pin it'
    )
  const unused = shown.filter(({ origin }) => nodes.length > 0 && !nodes.includes(origin))
  if (unused.length > 0 && env[settings.discover.name]?.trim().toLowerCase() !== 'on')
    warn(io, `${originsOf(unused)}: not in SCALE_HOST, so the bridge does not use it; add it there`)
  const missing = shown.length < views.length
  const allPinned = views.every(
    (view, i) => view.certificate === undefined || statuses[i] === 'pinned'
  )
  if (shown.length === 0) return 1
  if (allPinned && env[settings.tlsMode.name] === 'pin' && !write) return missing ? 1 : 0
  if (!allPinned) io.stderr.say(comparisonAdvice)
  if (!(write || (await isConfirmed(io, changed.length > 0, file.path)))) {
    io.stdout.say('Nothing was written; `scale-bridge pin --write` pins them')
    return missing || changed.length > 0 ? 1 : 0
  }
  const pins = shown.map(({ origin, certificate }) => ({
    origin,
    fingerprint: certificate?.fingerprint256 ?? ''
  }))
  const text = pinInEnvText(file.text, inFile, pins)
  if (text === file.text) {
    io.stdout.say(`${file.path} has these pins already: nothing was changed`)
    return missing ? 1 : 0
  }
  const backup = await backUpEnvFile(file)
  await writeEnvFile(file, text)
  io.stdout.say(
    `Pinned in ${file.path}: ${originsOf(shown)}${backup === undefined ? '' : ` (${describeBackup(backup)})`}`
  )
  io.stdout.say('A running bridge that reads this file uses the new pins with its next call.')
  for (const each of overruled([settings.tlsMode.name, name], readEnvText(text), io.env))
    warn(io, `${each} is also set in the environment, which wins over the file`)
  return missing ? 1 : 0
}
