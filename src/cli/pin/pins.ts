import { setInEnvText } from '../../config/env-text.ts'

/** A node and the certificate it must present. */
export interface Pin {
  /** `https://10.20.0.11` */
  origin: string
  fingerprint: string
}

/** Fingerprints are compared without colons and case. */
export const sameFingerprint = (one: string, other: string): boolean =>
  one.replaceAll(':', '').toLowerCase() === other.replaceAll(':', '').toLowerCase()

const notePattern = /^# pinned: (https:\/\/\S+) ([0-9A-Fa-f:]{64,95})\s*$/

const isNote = (line: string): boolean => notePattern.test(line)

/**
 * The pins of a `.env` text whose nodes are known. SCALE_TLS_FINGERPRINT is a bare list; comments
 * next to it record which node presented which, so that a changed certificate is not mistaken for
 * that of a new node, and replaces the old one.
 */
export function notedPins(text: string, fingerprints: readonly string[]): Pin[] {
  return text.split('\n').flatMap((line) => {
    const [, origin, fingerprint] = notePattern.exec(line) ?? []
    if (origin === undefined || fingerprint === undefined) return []
    return fingerprints.some((known) => sameFingerprint(known, fingerprint))
      ? [{ origin, fingerprint }]
      : []
  })
}

/**
 * Pins certificates in a `.env` text: sets SCALE_TLS and SCALE_TLS_FINGERPRINT and their comments.
 * `known` is the present list: entries of other nodes stay, those of a node that is pinned again are
 * removed.
 */
export function pinInEnvText(text: string, known: readonly string[], pins: readonly Pin[]): string {
  const notes = notedPins(text, known)
  const others = notes.filter(({ origin }) => !pins.some((pin) => pin.origin === origin))
  const stale = notes.filter((note) => !others.includes(note))
  const kept = known.filter(
    (print) =>
      !stale.some((note) => sameFingerprint(note.fingerprint, print)) ||
      others.some((note) => sameFingerprint(note.fingerprint, print))
  )
  const fingerprints = [...kept]
  for (const { fingerprint } of pins)
    if (!fingerprints.some((print) => sameFingerprint(print, fingerprint)))
      fingerprints.push(fingerprint)

  const withoutNotes = text
    .split('\n')
    .filter((line) => !isNote(line))
    .join('\n')
  const lines = setInEnvText(withoutNotes, {
    SCALE_TLS: 'pin',
    SCALE_TLS_FINGERPRINT: fingerprints.join(',')
  }).split('\n')
  const place = lines.findLastIndex((line) =>
    /^\s*(export\s+)?SCALE_TLS_FINGERPRINT\s*=/.test(line)
  )
  const written = [...others, ...pins].map(
    ({ origin, fingerprint }) => `# pinned: ${origin} ${fingerprint}`
  )
  lines.splice(place, 0, ...written)
  return lines.join('\n')
}
