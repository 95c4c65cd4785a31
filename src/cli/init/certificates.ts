import { settings } from '../../config/config.ts'
import type { EnvFile } from '../../config/env-file.ts'
import { CommandError } from '../../lib/errors/command-error.ts'
import type { Io } from '../io/io.ts'
import type { Prompter } from '../io/prompter.ts'
import { comparisonAdvice, showNode, viewNodes, type NodeView } from '../pin/node-certificates.ts'
import { sameFingerprint, type Pin } from '../pin/pins.ts'
import { abortUnlessConfirmed } from './confirm.ts'

export interface CertificateOptions {
  fingerprint?: string
  yes?: boolean
  force?: boolean
}

const originsOf = (nodes: readonly { origin: string }[]): string =>
  nodes.map(({ origin }) => origin).join(', ')

/** Asks the nodes for their certificates and shows them. */
export async function showNodes(io: Io, nodes: readonly string[]): Promise<NodeView[]> {
  io.stderr.say(`Asking ${nodes.join(', ')} for certificates …`)
  const views = await viewNodes(nodes)
  for (const view of views) showNode(io.stdout, view)
  return views
}

/** The fingerprints that the present file pins. */
function pinnedIn({ values }: EnvFile): string[] {
  if (values[settings.tlsMode.name]?.trim() !== 'pin') return []
  try {
    return settings.tlsFingerprints.parse(values[settings.tlsFingerprints.name] ?? '')
  } catch {
    return []
  }
}

const isAmong = ({ fingerprint }: Pin, fingerprints: readonly string[]): boolean =>
  fingerprints.some((print) => sameFingerprint(print, fingerprint))

/**
 * Has the certificates accepted: by an option, by the pins there are already, or by asking.
 * @returns what is to be pinned.
 * @throws {CommandError} if nothing is to be written.
 */
export async function acceptCertificates(
  io: Io,
  views: readonly NodeView[],
  file: EnvFile,
  prompter: Prompter | undefined,
  { fingerprint, yes, force }: CertificateOptions
): Promise<Pin[]> {
  const silent = views.filter(({ certificate }) => certificate === undefined)
  if (silent.length === views.length)
    throw new CommandError('No node responded, nothing was written: check the addresses (--host)')
  if (silent.length > 0 && !force)
    await abortUnlessConfirmed(
      prompter,
      'Not all nodes responded. Continue without them (`scale-bridge pin` adds them)?',
      false,
      `${originsOf(silent)} did not respond, nothing was written: --force continues without`
    )
  const pins = views.flatMap(({ origin, certificate }) =>
    certificate === undefined ? [] : [{ origin, fingerprint: certificate.fingerprint256 }]
  )
  if (fingerprint !== undefined) {
    const expected = settings.tlsFingerprints.parse(fingerprint)
    const others = pins.filter((pin) => !isAmong(pin, expected))
    if (others.length > 0)
      throw new CommandError(
        `${originsOf(others)}: the certificate is none of those given with --fingerprint; nothing was written`
      )
    return pins
  }
  const known = pinnedIn(file)
  if (pins.every((pin) => isAmong(pin, known))) {
    io.stderr.say('These certificates are pinned already.')
    return pins
  }
  if (yes) return pins
  io.stderr.say(comparisonAdvice)
  await abortUnlessConfirmed(
    prompter,
    'Are these the certificates of your cluster?',
    false,
    'Cannot ask for confirmation. Pass --fingerprint <sha256>, or --yes to trust the certificates shown'
  )
  return pins
}
