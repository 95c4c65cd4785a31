import { once } from '../../lib/flow/once.ts'
import { conceptAt, isConcept } from './concepts.ts'
import type { Operation } from '../load.ts'
import { joinPhrasalVerbs } from './phrasal-verbs.ts'
import { singular, stem, wordsOf } from './words.ts'

/** What a question asks for: look at many, look at one, make, change, remove, or run an action. */
export type Intent = 'list' | 'get' | 'create' | 'update' | 'delete' | 'act'

/** How clearly a question asks for each, 0 to 1; empty where it says nothing. */
export type Intents = Partial<Record<Intent, number>>

/** Verbs and other words that tell, with what they tell. */
const tellings: [Intents, string][] = [
  [
    { list: 1, get: 0.5 },
    'list show display view see which what who whose count enumerate overview browse inventory are many ' +
      'much find query exist existing available all every'
  ],
  [
    { get: 1, list: 0.6 },
    'detail details single info information about status inspect describe read fetch look check lookup progress'
  ],
  [{ list: 1, get: 0.85 }, 'is when did does was has where why get tell'],
  [{ create: 1 }, 'create new register provision deploy spin launch build generate invite onboard'],
  [
    { create: 1, update: 0.5 },
    'add attach setup establish define introduce protect send ship forward push another'
  ],
  [{ create: 0.9, update: 0.5 }, 'make take'],
  [{ create: 0.7, update: 1 }, 'configure set use put give allow let grant fill enable turn place'],
  [
    { update: 1 },
    'change edit modify update rename resize increase decrease grow enlarge expand extend reduce shrink alter ' +
      'adjust switch assign reconfigure convert bigger larger smaller more less raise lower swap tune correct ' +
      'insert eject mount unmount mark keep pin move connect promote rotate reassign instead double triple halve forgot limit restrict need'
  ],
  [{ update: 0.9, create: 0.5 }, 'replace reset'],
  [{ update: 1, delete: 0.5 }, 'disable pause suspend unassign unpin off disconnect unplug'],
  [{ delete: 1, update: 0.4 }, 'stop detach revoke'],
  [
    { delete: 1 },
    'delete remove drop destroy erase purge discard throw rid wipe trash terminate cancel forget unregister ' +
      'clear clean decommission deprovision away'
  ]
]

const told = once(() => {
  const all = new Map<string, Intents>()
  for (const [intents, words] of tellings)
    for (const word of words.split(' ').map(stem)) if (!all.has(word)) all.set(word, intents)
  return all
})

/** Words the intent is read from, unstemmed: what a typing error may have meant. */
export const intentWords = (): readonly string[] =>
  tellings.flatMap(([, words]) => words.split(' '))

/** Whether a token is a word that says what is to be done, and not with what: `add`, not `start`. */
export const isPlainVerb = (token: string): boolean => told().has(token) && !isConcept(token)

/** Words of an opening that asks for the way, not for a record: `how do I`, `which call can I use to`. */
const openingWords = new Set(
  (
    'please hey hi ok so and how which what is are there do does can could would should must i we you one want need ' +
    'like have am trying wish plan help me us to the a best way call endpoint method request operation api command ' +
    'possible it someone somebody'
  ).split(' ')
)

const waysToCall = new Set('way call endpoint method request operation api command'.split(' '))

const questionWords = new Set(
  'which what who whose when where why is are was did does do has'.split(' ')
)

const measures = new Set(
  'many much big large far busy long old full often hot fast slow'.split(' ')
)

/** Where the words begin that tell: after an opening, unless the question asks for a record. */
function afterOpening(words: readonly string[]): number {
  const [first = '', second = ''] = words
  const asksRecord =
    first === 'how'
      ? measures.has(second)
      : questionWords.has(first) && !words.slice(1, 5).some((word) => waysToCall.has(word))
  if (asksRecord) return 0
  // `can you tell me which guests run` asks for a record after all.
  const start = words.findIndex(
    (word, at) =>
      !openingWords.has(word) ||
      (at > 0 && /^(?:which|who|whose)$/.test(word) && !waysToCall.has(words[at + 1] ?? '')) ||
      (at > 0 && word === 'how' && measures.has(words[at + 1] ?? ''))
  )
  return start === -1 ? 0 : start
}

/** Words after which a verb is a noun: the update, an export, my backup, available updates. */
const beforeNoun = new Set(
  'the a an my our your this that available system software firmware hypercore last latest running new of for about'.split(
    ' '
  )
)

/** Verbs that say little, unlike the words after: `take a copy`, `put the disk on another tier`. */
const lightVerbs = new Set(
  ['make', 'take', 'put', 'give', 'let', 'bring', 'keep', 'turn', 'set'].map(stem)
)

/** Concepts that are actions of the API. */
const actions = new Set(
  (
    'start stop shutdown reboot reset pause migrate nmi clone export import upload attach install test login ' +
    'logout ping diff revert'
  ).split(' ')
)

/** Nouns that people also use as verbs: `snapshot the mail server`. */
const nounVerbs = new Set(['snapshot', 'snap', 'checkpoint', 'replicate', 'mirror'])

const articles = new Set(['the', 'a', 'an', 'my', 'this', 'that', 'our', 'vm', 'all', 'every'])

/** Words that ask for one record rather than for all. */
const ofOne = new Set(['one', 'single', 'specific', 'particular', 'certain', 'detail', 'details'])

/** Words that end as a plural and do not mean several records. */
const noPlural = new Set(
  (
    'settings details stats statistics permissions rights metrics minutes hours days weeks is was does has us this ' +
    'its status dns'
  ).split(' ')
)

/** Whether a word, where a clause begins, is an instruction to do something. */
function isOrder(word: string | undefined): boolean {
  const telling = told().get(stem(word ?? ''))
  return telling !== undefined && telling.list === undefined
}

/**
 * The words of the part of a question that asks: of `Bob left the company, remove his login` the second.
 * All words where no part after the first begins with an order.
 */
export function askingClause(question: string): string[] {
  const clauses = question
    .split(/[,;:.!?]\s+/)
    .map((clause) =>
      wordsOf(clause).filter(
        (word, at) => at > 1 || !/^(?:please|so|then|and|just|now)$/.test(word)
      )
    )
  return clauses.slice(1).findLast(([first]) => isOrder(first)) ?? wordsOf(question)
}

/** `start replicating`, `stop replicating` and `resume replication` are not power actions. */
function beginsDoing(word: string, next: string | undefined): Intents | undefined {
  if (next === 'replication' && /^(?:resum|paus)/.test(word)) return { update: 1 }
  if (next?.endsWith('ing') !== true) return undefined
  if (word === 'start' || word === 'begin') return { create: 1, update: 0.6 }
  return word === 'stop' ? { delete: 0.9, update: 0.9 } : undefined
}

/** `we no longer need the schedule`, `get rid of it` and `take it out` ask to remove something. */
const sayDelete = (words: readonly string[]): string[] =>
  words.map((word, at) =>
    (word === 'longer' && words[at - 1] === 'no') ||
    (word === 'get' && words[at + 1] === 'rid') ||
    (word === 'take' && words[at + 1] === 'out')
      ? 'remove'
      : word
  )

/** Makes of a reading what it is of: one record, several, or either. */
function narrow(intents: Intents, words: readonly string[]): void {
  if (intents.list === undefined) return
  if (words.some((word) => ofOne.has(word) || /^\d{3,}$/.test(word))) {
    intents.get = Math.max(intents.list, intents.get ?? 0)
    intents.list *= 0.6
  } else if (words.some((word) => !noPlural.has(word) && singular(word) !== word)) {
    intents.list = Math.max(intents.list, intents.get ?? 0)
    intents.get = Math.min(intents.get ?? 0, 0.2)
  }
}

/** How much words count that tell after the first. */
const later = 0.35

/** Words after which it was a noun: update progress, update available. */
const afterNoun = new Set(['progress', 'status', 'state', 'available', 'history', 'list'])

/**
 * Reads from the words of a question what it asks for. The first word that tells counts in full,
 * those after it a third.
 */
export function intentsOf(given: readonly string[]): Intents {
  const words = sayDelete(joinPhrasalVerbs(given))
  const rest = words.slice(afterOpening(words))
  const stems = rest.map(stem)
  const intents: Intents = {}
  const tell = (telling: Intents, weight: number): void => {
    for (const [intent, much] of Object.entries(telling) as [Intent, number][])
      intents[intent] = Math.max(intents[intent] ?? 0, weight * much)
  }
  let weight = 1
  if (nounVerbs.has(rest[0] ?? '') && articles.has(rest[1] ?? '')) {
    tell({ create: 1 }, weight)
    weight = later
  }
  for (let at = 0; at < stems.length; at += 1) {
    const word = stems[at] ?? ''
    const phrase = conceptAt(stems, at)
    const telling = beginsDoing(word, rest[at + 1]) ?? told().get(word)
    // `the exported vm` names a thing, and does not ask for an export.
    const acts =
      telling === told().get(word) &&
      actions.has(phrase?.concept ?? '') &&
      rest[at]?.endsWith('ed') !== true
    const isNoun =
      (word === 'updat' &&
        (beforeNoun.has(rest[at - 1] ?? '') || afterNoun.has(rest[at + 1] ?? ''))) ||
      // `single sign on` and `new version` are names of things.
      (phrase !== undefined &&
        phrase.words.length > 1 &&
        (telling?.list !== undefined || word === 'new'))
    if (isNoun) at += (phrase?.words.length ?? 1) - 1
    if (isNoun || (!acts && telling === undefined)) continue
    if (acts) tell({ act: 1 }, weight)
    if (telling !== undefined) tell(telling, weight)
    if (acts || !lightVerbs.has(word)) weight = later
  }
  narrow(intents, words)
  return intents
}

const kindIntent: Record<string, Intent> = {
  list: 'list',
  get: 'get',
  health: 'get',
  create: 'create',
  update: 'update',
  delete: 'delete'
}

const intentOf = (operation: Operation): Intent => kindIntent[operation.kind] ?? 'act'

/** With no word that tells: reading before making, and deleting last. */
const unasked: Record<Intent, number> = {
  list: 1,
  get: 0.75,
  create: 0.85,
  update: 0.8,
  delete: 0.4,
  act: 0.9
}

/** How well an action fits when another intent was asked for: `create a copy` is a clone. */
const actFor: Intents = { create: 0.8, update: 0.75, delete: 0.55, list: 0.1, get: 0.1 }

const actsFor = Object.entries(actFor) as [Intent, number][]

/** Called for every operation a question meets: makes no list of its own. */
function isEmpty(intents: Intents): boolean {
  for (const _ in intents) return false
  return true
}

/** How well an operation does what is asked for, 0 to 1. */
export function fitOf(operation: Operation, intents: Intents): number {
  const intent = intentOf(operation)
  if (intent !== 'act') return isEmpty(intents) ? unasked[intent] : (intents[intent] ?? 0)
  if (isEmpty(intents)) return unasked.act
  let fit = intents.act ?? 0
  if (operation.effect === 'read') fit = Math.max(fit, intents.list ?? 0, intents.get ?? 0)
  for (const [other, much] of actsFor) fit = Math.max(fit, (intents[other] ?? 0) * much)
  return fit
}
