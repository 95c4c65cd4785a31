import { wordsOf } from './words.ts'

/**
 * What people say in German, in the English words that the search knows. Verbs and nouns stand in one
 * form; their usual endings are found too, and umlauts written as ae, oe, ue or a, o, u.
 */
const meanings: Record<string, string> = {
  list: 'anzeigen, zeigen, auflisten, liste, anschauen, ansehen, abfragen',
  create: 'anlegen, erstellen, einrichten, erzeugen',
  add: 'hinzufügen',
  change: 'ändern, bearbeiten, anpassen, verändern',
  set: 'setzen, festlegen, einstellen',
  delete: 'löschen, entfernen',
  rename: 'umbenennen',
  resize: 'vergrößern',
  increase: 'erhöhen',
  start: 'starten, einschalten, hochfahren, fortsetzen',
  stop: 'ausschalten, abschalten, stoppen, anhalten',
  shutdown: 'herunterfahren, runterfahren',
  reboot: 'neu starten, neustarten, neustart',
  pause: 'pausieren',
  migrate: 'verschieben, migrieren, umziehen, anderen knoten verschieben',
  clone: 'klonen, kopieren, duplizieren, klon, kopie, vorlage',
  snapshot: 'schnappschuss, schnappschüsse',
  schedule: 'zeitplan, zeitpläne',
  disk: 'festplatte, platte',
  drive: 'laufwerk',
  nic: 'netzwerkkarte, netzwerkadapter, netzwerkschnittstelle',
  network: 'netzwerk, netz',
  user: 'benutzer, nutzer, anwender, konto, benutzerkonto',
  password: 'passwort, passwörter, kennwort, kennwörter',
  role: 'rolle, berechtigung',
  node: 'knoten',
  'time zone': 'zeitzone',
  'time server': 'zeitserver',
  backup: 'sicherung, sichern, datensicherung',
  restore: 'wiederherstellen, zurücksetzen',
  export: 'exportieren',
  import: 'importieren',
  upload: 'hochladen',
  insert: 'einlegen',
  eject: 'auswerfen',
  attach: 'anhängen',
  replicate: 'replizieren',
  replication: 'replikation, replizierung',
  task: 'aufgabe, auftrag, aufträge',
  condition: 'warnung, meldung, störung, fehlermeldung, alarme',
  certificate: 'zertifikat',
  memory: 'arbeitsspeicher, hauptspeicher, speicher',
  storage: 'speicherplatz',
  cpu: 'prozessor',
  vm: 'virtuelle maschine, maschine, gast, gäste',
  update: 'aktualisieren, aktualisierung',
  login: 'anmelden, anmeldung',
  logout: 'abmelden, abmeldung',
  'name server': 'namensserver',
  'mail server': 'mailserver',
  status: 'zustand',
  statistics: 'statistik, auslastung',
  power: 'strom',
  new: 'neu'
}

/** Words that only stand between, read as German only beside a word of the list above: `die` is English too. */
const small: Record<string, string> = {
  the: 'der, die, das, den, dem, des',
  a: 'ein, eine, einen, einer, eines, einem',
  of: 'von, vom',
  with: 'mit',
  on: 'auf, im, am, zu, zum, zur, für, bei',
  and: 'und, oder',
  how: 'wie',
  i: 'ich, wir, man, kann, können, bitte, möchte, es, werden',
  which: 'welche, welcher, welches, was, wer',
  all: 'alle, aller, allen',
  are: 'gibt, ist, sind, läuft, laufen',
  many: 'viele',
  my: 'mein, meine, meinen, meiner, unser, unsere',
  another: 'anderen, anderer, andere'
}

/** Verbs whose particle stands at the end: `schalte die VM aus`. */
const separable: Record<string, Record<string, string>> = {
  schalt: { aus: 'stop', ab: 'stop', ein: 'start', an: 'start' },
  fahr: { herunter: 'shutdown', runter: 'shutdown', hoch: 'start' },
  halt: { an: 'stop' },
  start: { neu: 'reboot' },
  leg: { an: 'create', ein: 'insert' },
  fug: { hinzu: 'add' },
  fueg: { hinzu: 'add' },
  zeig: { an: 'list' },
  stell: { wieder: 'restore', 'wieder her': 'restore' },
  lad: { hoch: 'upload' }
}

/** A word without its ending: löschen, lösche and löscht are one. */
const root = (word: string): string => word.replace(/(?<=.{3})(?:en|es|er|e|n|s|t)$/, '')

/** A word as it may be written: löschen is loschen (as wordsOf folds it) and loeschen. */
const spellings = (text: string): string[] =>
  [text, text.replaceAll('ä', 'ae').replaceAll('ö', 'oe').replaceAll('ü', 'ue')].flatMap((one) => [
    one,
    one.replaceAll('ß', 'ss')
  ])

const byRoots = new Map<string, string[]>()
for (const [english, list] of Object.entries(meanings))
  for (const text of list.split(', ').flatMap(spellings))
    byRoots.set(wordsOf(text).map(root).join(' '), english.split(' '))

const smallWords = new Map(
  Object.entries(small).flatMap(([english, list]) =>
    list
      .split(', ')
      .flatMap(spellings)
      .map((text) => [wordsOf(text).join(' '), english] as const)
  )
)

/** Small words that no English question has. */
const germanAlone = new Set(['alle', 'welche', 'viele'])

const maxPhraseWords = Math.max(...[...byRoots.keys()].map((roots) => roots.split(' ').length))

/** The verb in the words whose particle ends them, with its place and length. */
function separated(words: readonly string[]) {
  for (const [at, word] of words.entries())
    for (const [particle, english] of Object.entries(separable[root(word)] ?? {}))
      if (at < words.length - 1 && words.join(' ').endsWith(` ${particle}`))
        return { at, english, particles: particle.split(' ').length }
  return undefined
}

/**
 * A question's words with the German ones in English: `snapshot loeschen` is snapshot delete. Words
 * that `isKnown` are taken as they are.
 */
export function fromGerman(
  given: readonly string[],
  isKnown: (word: string) => boolean
): readonly string[] {
  const verb = separated(given)
  const words =
    verb === undefined
      ? given
      : given.with(verb.at, verb.english).slice(0, given.length - verb.particles)
  const english: { from: string; to: string[] }[] = []
  let found = verb !== undefined
  for (let at = 0; at < words.length;) {
    let taken = 1
    let to: string[] | undefined
    for (let count = Math.min(maxPhraseWords, words.length - at); count > 0; count -= 1) {
      const part = words.slice(at, at + count)
      if (count === 1 && isKnown(part[0] ?? '')) break
      to = byRoots.get(part.map(root).join(' '))
      if (to === undefined) continue
      taken = count
      break
    }
    found ||= to !== undefined
    english.push({ from: words[at] ?? '', to: to ?? words.slice(at, at + taken) })
    at += taken
  }
  if (!found && !words.some((word) => germanAlone.has(word))) return given
  return english.flatMap(({ from, to }) => {
    const between = to[0] === from ? smallWords.get(from) : undefined
    return between === undefined ? to : [between]
  })
}
