/**
 * Words of a question or of a name, in lower case. Names are split where the case changes:
 * `VirDomainNetDevice` is vir, domain, net and device; `snapUUID` is snap and uuid. A plural of an
 * abbreviation stays whole: `VMs` is vms.
 */
export function wordsOf(text: string): string[] {
  if (/^[a-z0-9 ]*$/.test(text)) return text.split(' ').filter((word) => word !== '')
  const plain = /^[ -~]*$/.test(text) ? text : text.normalize('NFKD').replaceAll(/\p{M}/gu, '')
  return (
    plain
      .replaceAll(/([A-Z]{2,})s\b/g, (_, letters: string) => `${letters.toLowerCase()}s`)
      .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
      .replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
      .toLowerCase()
      .replaceAll(/['’]s\b/g, '')
      .match(/[\p{L}\p{N}]+/gu) ?? []
  )
}

const keptEndings = /(?:ss|us|is|os|as)$/

/** A noun without its plural ending. */
export function singular(word: string): string {
  if (word.length < 4 || keptEndings.test(word)) return word
  if (word.endsWith('ies') && word.length > 4) return `${word.slice(0, -3)}y`
  if (/(?:ss|sh|ch|x|z)es$/.test(word)) return word.slice(0, -2)
  return word.endsWith('s') ? word.slice(0, -1) : word
}

/** Past forms that share no stem with their verb. */
const irregular = new Map(
  Object.entries({
    kept: 'keep',
    sent: 'send',
    made: 'make',
    took: 'take',
    taken: 'take',
    shown: 'show',
    built: 'build',
    bought: 'buy',
    brought: 'bring',
    gave: 'give',
    given: 'give',
    lost: 'lose',
    ran: 'run',
    shutting: 'shut',
    grown: 'grow',
    frozen: 'freeze',
    broke: 'break',
    broken: 'break',
    forgot: 'forget',
    forgotten: 'forget',
    written: 'write'
  })
)

/** Stems of words met before: reading the catalog meets the same ones over and over. */
const stems = new Map<string, string>()
const maxStems = 5000

/** As {@link stemOf}, remembered. */
export function stem(word: string): string {
  let known = stems.get(word)
  if (known === undefined) {
    known = stemOf(word)
    if (stems.size >= maxStems) stems.clear()
    stems.set(word, known)
  }
  return known
}

/**
 * The stem of a lower-case word: plural, -ing, -ed, -ation and a last e go, so that replicate,
 * replicated, replicating and replication are one. Deliberately light: names of an API must not run
 * together.
 */
function stemOf(word: string): string {
  const one = irregular.get(word) ?? singular(word)
  if (one.length < 5) return one.length === 4 && one.endsWith('e') ? one.slice(0, -1) : one
  for (const ending of ['ation', 'ating', 'ated', 'ate'])
    if (one.endsWith(ending) && one.length - ending.length >= 4) return one.slice(0, -ending.length)
  for (const ending of ['ing', 'ion', 'ed']) {
    if (!one.endsWith(ending)) continue
    const root = one.slice(0, -ending.length)
    if (root.length < 3 || !/[aeiouy]/.test(root)) continue
    return /([bdgmnprt])\1$/.test(root) ? root.slice(0, -1) : root.replace(/e$/, '')
  }
  return one.endsWith('e') ? one.slice(0, -1) : one
}

/** Words that say nothing about what is asked for. Verbs and question words are read by intent.ts. */
export const stopWords: ReadonlySet<string> = new Set(
  (
    'a an the this that these those it its of to in on at by for from with into onto over per as and or ' +
    'but if then than so i me my we us our you your he she they them their there here is are was were be ' +
    'been being am do does did done has have had having can could will would shall should may might must ' +
    'how what which who whom whose when where why please want need like let some any all each every no ' +
    'not only just also too very right now currently moment today still already up out off about around ' +
    'between within without via using use used through rest v1 api endpoint endpoints call http https ' +
    'uuid get got give given tell know find something thing things way ways one two more'
  ).split(' ')
)
