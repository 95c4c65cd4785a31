import { distance } from 'fastest-levenshtein'
import { fileVariable, secretSettings } from './secret-files.ts'
import { settings } from './settings.ts'

/** Names that are meant for the bridge and are not settings: it would ignore them without a word. */

const knownNames = [
  ...Object.values(settings).map(({ name }) => name),
  ...secretSettings.map(fileVariable)
]

/**
 * First words of settings with which names of other programs begin, too: HOSTNAME, LOG_FILE, and MCP_TIMEOUT
 * of clients that start the bridge in their own environment.
 */
const sharedWords = ['HOST', 'PORT', 'PUBLIC', 'ALLOWED', 'CORS', 'LOG', 'MAX', 'MCP', 'OTEL']

const firstWord = (name: string): string => name.split('_', 1)[0] ?? ''

/** The singular of a word: APPROVALS_FLOOR is as much ours as APPROVAL_FLOOR. */
const singular = (word: string): string => word.replace(/S$/, '')

/** The words that names of ours alone begin with. */
const ownWords = new Set(
  knownNames
    .map(firstWord)
    .filter((word) => !sharedWords.includes(word))
    .map(singular)
)

/** What other programs read from the same file or environment. */
const otherNames = [
  // The compose files.
  'OPENWEBUI_TAG',
  'OPENWEBUI_PORT',
  'OLLAMA_BASE_URL',
  'WEBUI_SECRET_KEY',
  'STORE_PASSWORD',
  // The commands that call a bridge, the scripts, and the bundle.
  'BRIDGE_URL',
  'BRIDGE_TOKEN',
  'SCALE_BRIDGE_DEMO',
  // OpenTelemetry, of which the bridge sends traces alone.
  'OTEL_METRICS_EXPORTER',
  'OTEL_LOGS_EXPORTER',
  // OpenWebUI, by `connect openwebui --env`.
  'TOOL_SERVER_CONNECTIONS',
  // Shells and systems.
  ...'HOME PATH USER LOGNAME SHELL TERM PWD LANG LANGUAGE TZ TMPDIR HOSTNAME HOSTTYPE EDITOR'.split(
    ' '
  ),
  ...'NO_COLOR FORCE_COLOR UMASK PUID PGID HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY'.split(' ')
]

/** Beginnings of names that are another program's, in a settings file that it reads, too. */
const otherBeginning = /^(COMPOSE|DOCKER|BUILDKIT|NODE|NPM|LC|XDG|WEBUI|OLLAMA|POSTGRES)_/

/** Parts of the address that Kubernetes and links of Docker set for a service, such as one of the name scale-bridge. */
const servicePart = /_(SERVICE_(HOST|PORT)(_\w+)?|PORT_\d+_(TCP|UDP)(_\w+)?)$/

/** Whether a name is of such an address: SCALE_BRIDGE_PORT_5075_TCP, and SCALE_BRIDGE_PORT beside it. */
const isServiceAddress = (name: string, names: readonly string[]): boolean =>
  servicePart.test(name) ||
  (name.endsWith('_PORT') &&
    names.some((other) => other.startsWith(`${name}_`) && servicePart.test(other)))

/** How many characters of a name can be wrong: short ones soon look like another program's. */
const maxErrors = (name: string): number => (name.length < 6 ? 1 : 2)

/** The setting that a name is a misspelling of. */
function misspelt(name: string): string | undefined {
  const [best] = knownNames
    .filter((known) => Math.abs(known.length - name.length) <= maxErrors(known))
    .map((known) => ({ known, errors: distance(name, known) }))
    .filter(({ known, errors }) => errors <= maxErrors(known))
    .toSorted((a, b) => a.errors - b.errors)
  return best?.known
}

/** The setting that a name extends: READ_ONLY_MODE, APPROVALS_FLOOR. */
const extended = (name: string): string | undefined =>
  knownNames
    .filter((known) => name.startsWith(`${known}_`) || name.startsWith(`${known}S_`))
    .toSorted((a, b) => b.length - a.length)[0]

/** The setting of whose last word a name has the beginning: OIDC_ISS. */
function abbreviated(name: string): string | undefined {
  if (!name.includes('_')) return undefined
  const found = knownNames.filter(
    (known) => known.startsWith(name) && /^[A-Z]+$/.test(known.slice(name.length))
  )
  return found.length === 1 ? found[0] : undefined
}

/** The setting that is meant by a name, where that is clear. */
const meantBy = (name: string): string | undefined =>
  misspelt(name) ?? extended(name) ?? abbreviated(name)

const sentence = (name: string, meant: string | undefined): string =>
  meant === undefined
    ? `unknown setting ${name}: correct its name, unless it is for another program`
    : `unknown setting ${name}, did you mean ${meant}?`

/** A sentence for each name in a settings file that is not a setting, nor known to be another program's. */
export const unknownInFile = (names: readonly string[]): string[] =>
  names
    .filter((name) => !knownNames.includes(name))
    .flatMap((name) => {
      const upper = name.toUpperCase()
      if (otherNames.includes(upper)) return []
      const meant = meantBy(upper)
      return meant === undefined && otherBeginning.test(upper) ? [] : [sentence(name, meant)]
    })

/**
 * The same for the environment, which is full of names of other programs: only those count that begin
 * with a word of ours, or are nearly a setting whose name other programs do not share.
 */
export const unknownInEnvironment = (names: readonly string[]): string[] =>
  names
    .filter((name) => !knownNames.includes(name))
    .flatMap((name) => {
      const upper = name.toUpperCase()
      if (otherNames.includes(upper) || isServiceAddress(upper, names)) return []
      const meant = meantBy(upper)
      const isOurs = upper.includes('_') && ownWords.has(singular(firstWord(upper)))
      const isLikeOurs = meant !== undefined && (meant.includes('_') || ownWords.has(meant))
      return isOurs || isLikeOurs ? [sentence(name, meant)] : []
    })
