import type { Operation } from './load.ts'
import { stem } from './words.ts'

/** What a question wants done: look at many, look at one, make, change, remove, or run an action. */
export type Intent = 'list' | 'get' | 'create' | 'update' | 'delete' | 'act'

/** How much a question wants each, 0 to 1; empty where it says nothing. */
export type Intents = Partial<Record<Intent, number>>

/** Verbs and other words that tell, with what they tell. */
const tellings: [Intents, string][] = [
  [
    { list: 1, get: 0.5 },
    'list show display view see which what who whose count enumerate overview browse inventory are many ' +
      'much where find query exist existing available active all every'
  ],
  [
    { get: 1, list: 0.6 },
    'detail details single info information about status inspect describe read fetch get look check lookup is ' +
      'when did does was has progress tell'
  ],
  [
    { create: 1 },
    'create new register provision deploy spin launch build generate make take invite onboard'
  ],
  [
    { create: 1, update: 0.5 },
    'add setup establish define introduce protect send ship forward push'
  ],
  [{ create: 0.7, update: 1 }, 'configure set use put give allow let grant fill enable turn place'],
  [
    { update: 1 },
    'change edit modify update rename resize increase decrease grow enlarge expand extend reduce shrink alter ' +
      'adjust switch assign reconfigure convert bigger larger smaller more less raise lower swap tune correct ' +
      'insert eject mount unmount mark keep pin move connect disconnect plug unplug promote rotate reassign instead'
  ],
  [{ update: 0.9, create: 0.5 }, 'replace reset'],
  [{ update: 1, delete: 0.5 }, 'disable pause suspend unassign unpin off'],
  [{ delete: 1, update: 0.4 }, 'stop detach revoke unplug disconnect'],
  [
    { delete: 1 },
    'delete remove drop destroy erase purge discard throw rid wipe trash terminate cancel forget unregister ' +
      'clear clean decommission deprovision'
  ]
]

const told = new Map<string, Intents>()
for (const [intents, words] of tellings)
  for (const word of words.split(' ').map(stem)) if (!told.has(word)) told.set(word, intents)

/** Words the intent is read from, unstemmed: what a typing error may have meant. */
export const intentWords: readonly string[] = tellings.flatMap(([, words]) => words.split(' '))

/** Whether a token is a word that says what is to be done, not with what. */
export const isVerb = (token: string): boolean => told.has(token)

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
  'which what who whose when where is are was did does do has'.split(' ')
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
  const start = words.findIndex((word) => !openingWords.has(word))
  return start === -1 ? 0 : start
}

/** Words after which a verb is a noun: the update, an export, my backup, available updates. */
const beforeNoun = new Set(
  'the a an my our your this that available system software firmware hypercore last latest running new of for about'.split(
    ' '
  )
)

/** Words that ask for one record rather than for all. */
const ofOne = new Set(['one', 'single', 'specific', 'particular', 'certain', 'detail', 'details'])

/**
 * Reads from the words of a question what it wants done. The first word that tells counts in full, those
 * after it a third.
 */
export function intentsOf(words: readonly string[]): Intents {
  const rest = words.slice(afterOpening(words))
  const intents: Intents = {}
  let weight = 1
  for (const [at, word] of rest.entries()) {
    const telling = told.get(stem(word))
    if (telling === undefined) continue
    if (stem(word) === 'updat' && beforeNoun.has(rest[at - 1] ?? '')) continue
    for (const [intent, much] of Object.entries(telling) as [Intent, number][])
      intents[intent] = Math.max(intents[intent] ?? 0, weight * much)
    weight = 0.35
  }
  if (intents.list !== undefined && words.some((word) => ofOne.has(word))) {
    intents.get = Math.max(intents.list, intents.get ?? 0)
    intents.list *= 0.6
  }
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

/** How well an action fits when another thing is asked for: `make a copy` is a clone. */
const actFor: Intents = { create: 0.8, update: 0.75, delete: 0.55, list: 0.3, get: 0.3 }

/** How well an operation does what is wanted, 0 to 1. */
export function fitOf(operation: Operation, intents: Intents): number {
  const intent = intentOf(operation)
  const wanted = Object.entries(intents) as [Intent, number][]
  if (wanted.length === 0) return unasked[intent]
  if (intent !== 'act') return intents[intent] ?? 0
  const reads = operation.risk === 'read' ? Math.max(intents.list ?? 0, intents.get ?? 0) : 0
  return Math.max(reads, ...wanted.map(([other, much]) => much * (actFor[other] ?? 0)))
}
