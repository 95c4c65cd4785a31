import { settings } from '../config/config.ts'
import { parseNode } from '../config/setting-values.ts'
import { CommandError } from '../lib/command-error.ts'
import { readEnvText } from '../config/env-text.ts'
import { overruled, readEnvFile, settingsOf, writeEnvFile } from '../config/env-file.ts'
import {
  certificateLines,
  comparisonAdvice,
  viewNodes,
  type NodeView
} from './node-certificates.ts'
import { notedPins, pinInEnvText, sameFingerprint, type Pin } from './pins.ts'
import { canAsk, Prompter } from './io/prompter.ts'
import { notes, output, warn } from './io/terminal.ts'

export interface PinOptions {
  write?: boolean
}

/** How a node's certificate stands to the pins. */
type PinStatus = 'pinned' | 'changed' | 'unlike' | 'new'

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

function standingOf(
  { origin, certificate }: NodeView,
  pinned: { fingerprints: string[]; notes: Pin[]; nodes: string[] }
): PinStatus {
  const shown = certificate?.fingerprint256 ?? ''
  if (pinned.fingerprints.some((print) => sameFingerprint(print, shown))) return 'pinned'
  if (pinned.notes.some((note) => note.origin === origin)) return 'changed'
  // Enough pins for every node, but none for this one: one of them may have been its own.
  const complete = pinned.fingerprints.length >= pinned.nodes.length
  return pinned.nodes.includes(origin) && complete ? 'unlike' : 'new'
}

const standingText: Record<PinStatus, string> = {
  pinned: 'pinned already',
  changed: 'NOT the pinned certificate: it has CHANGED',
  unlike: 'NOT one of the pinned certificates: it may have CHANGED',
  new: 'not pinned'
}

function show(view: NodeView, standing: PinStatus): void {
  output.line(output.style('bold', view.origin))
  if (view.certificate === undefined) {
    output.line(`  ${output.style('red', view.problem ?? 'no certificate')}`)
    return
  }
  for (const line of certificateLines(output, view.certificate)) output.line(`  ${line}`)
  const alarming = standing === 'changed' || standing === 'unlike'
  const style = alarming ? 'red' : standing === 'pinned' ? 'green' : 'yellow'
  output.line(`  ${output.style(style, standingText[standing])}`)
}

/** A yes at the terminal; nobody there means no. */
async function asksForLeave(alarming: boolean, path: string): Promise<boolean> {
  if (!canAsk()) return false
  const prompter = new Prompter()
  try {
    return await prompter.confirm(
      `Pin ${alarming ? 'them all the same' : 'them'} in ${path}?`,
      false
    )
  } finally {
    prompter.close()
  }
}

/**
 * Shows the certificates of nodes and, when told to, pins them in `.env`.
 * @returns the exit code: 1 if a node did not answer, or one shows another certificate than the
 * pinned one and that was not accepted.
 */
export async function pin(hosts: string[], { write = false }: PinOptions): Promise<number> {
  const file = await readEnvFile()
  const env = settingsOf(file)
  const nodes = readList('SCALE_HOST', env[settings.nodes.name], settings.nodes.parse)
  const asked =
    hosts.length === 0
      ? nodes
      : readList('HOST', hosts.join(','), (text) => text.split(',').map(parseNode))
  if (asked.length === 0)
    throw new CommandError(
      'Name a node, as in `scale-bridge pin 10.20.0.11`, or set SCALE_HOST in .env',
      2
    )
  const { name, parse } = settings.tlsFingerprints
  const inFile = readList(name, file.values[name], parse)
  const fingerprints = readList(name, env[name], parse)
  const pinned = { fingerprints, notes: notedPins(file.text, fingerprints), nodes }

  notes.line(`Asking ${asked.join(', ')} …`)
  const views = await viewNodes(asked)
  const standings = views.map((view) => standingOf(view, pinned))
  for (const [i, view] of views.entries()) {
    show(view, standings[i] ?? 'new')
    output.line()
  }
  const shown = views.filter((view) => view.certificate !== undefined)
  const changed = views.filter(
    (view, i) => view.certificate && (standings[i] === 'changed' || standings[i] === 'unlike')
  )
  if (changed.length > 0)
    warn(
      `${changed.map((view) => view.origin).join(', ')}: the certificate is not the one that was pinned. ` +
        'Unless somebody replaced it on purpose, another machine may be answering in the node’s place: find out before you pin it'
    )
  const missing = shown.length < views.length
  const allPinned = views.every(
    (view, i) => view.certificate === undefined || standings[i] === 'pinned'
  )
  if (shown.length === 0) return 1
  if (allPinned && env[settings.tlsMode.name] === 'pin' && !write) return missing ? 1 : 0
  if (!allPinned) notes.line(comparisonAdvice)
  if (!(write || (await asksForLeave(changed.length > 0, file.path)))) {
    output.line('Nothing was written; `scale-bridge pin --write` pins them')
    return missing || changed.length > 0 ? 1 : 0
  }
  const pins = shown.map(({ origin, certificate }) => ({
    origin,
    fingerprint: certificate?.fingerprint256 ?? ''
  }))
  const text = pinInEnvText(file.text, inFile, pins)
  await writeEnvFile(file, text)
  output.line(`Pinned in ${file.path}: ${pins.map(({ origin }) => origin).join(', ')}`)
  for (const each of overruled([settings.tlsMode.name, name], readEnvText(text)))
    warn(`${each} is also set in the environment, which wins over the file`)
  return missing ? 1 : 0
}
