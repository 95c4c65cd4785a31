import { BridgeError } from '../../lib/errors/errors.ts'
import { quote } from '../../lib/text/quote.ts'
import { type Comparison, type FieldTest, type Filter, joined, negated } from './filter.ts'

/*
 * filter    = any
 * any       = all { ("or" | "||" | "|") all }
 * all       = one { [ "and" | "&&" | "&" | "," | ";" ] one }
 * one       = ("not" | "!" | "-") one | "(" any ")" | condition | text
 * condition = field (":" | "=" | "==" | "!=" | "<>") values
 *           | field ("<" | "<=" | ">" | ">=") value
 *           | field ["not"] "in" "(" value { "," value } ")"
 *           | field ["older" | "newer"] duration | ("older" | "newer") ":" duration
 * values    = value { "or" value }
 *
 * A value or text is in quotes, or reaches to what can only be the next condition, so whitespace may be
 * in it. What people bring from other languages (`is`, `gt`, `contains`, `like`, `where`) is read
 * where it can mean one thing only.
 */

/** What a list knows of its own words. */
export interface FilterWords {
  /** A field as its records write it, for the name a caller gave; undefined for what is none. */
  field: (name: string) => string | undefined
  /** What a phrase such as "powered off" says in this list. */
  phrase?: (text: string) => FieldTest | undefined
}

/** What a filter that is not understood leads to: never to a number. */
export const notUnderstood = (what: string, advice: string): BridgeError =>
  new BridgeError(
    'INVALID_ARGUMENT',
    `filter not understood: ${what}: ${advice}. Forms: state:RUNNING tags:prod, memory>8GB, older:7d, a or b, not a`
  )

type Operator =
  | ':'
  | '!='
  | Comparison
  | 'contains'
  | 'starts'
  | 'ends'
  | 'like'
  | 'older'
  | 'newer'
  | 'in'
  | 'any'

/** How an operator may be written, the longer forms first. */
const operators: readonly (readonly [RegExp, Operator])[] = [
  [/^(?:!=|<>|≠)/, '!='],
  [/^:?\s*(?:<=|=<|≤)/, '<='],
  [/^:?\s*(?:>=|=>|≥)/, '>='],
  [/^:?\s*</, '<'],
  [/^:?\s*>/, '>'],
  [/^(?:===?|[:=])/, ':'],
  [/^~/, 'contains']
]

/** As words: they must stand alone. */
const wordOperators: readonly (readonly [RegExp, Operator])[] = [
  [/^in\s*:?\s*[([]/i, 'in'],
  [/^(?:at least|gte|ge) /i, '>='],
  [/^(?:at most|lte|le) /i, '<='],
  [/^(?:(?:greater|more|larger|bigger|later|higher) than|gt|above|over|after) /i, '>'],
  [/^(?:(?:less|smaller|fewer|earlier|lower) than|lt|below|under|before) /i, '<'],
  [/^older(?: than |: ?| )/i, 'older'],
  [/^(?:newer|younger)(?: than |: ?| )/i, 'newer'],
  [/^(?:contains?|includes?) /i, 'contains'],
  [/^(?:starts?|begins?) with /i, 'starts'],
  [/^ends? with /i, 'ends'],
  [/^i?like /i, 'like'],
  [/^ne /i, '!='],
  [/^(?:in|has|have|eq|equals?(?: to)?) /i, ':']
]

const fieldName = /^[\p{L}_][\p{L}\p{N}_]*/u
const both = /^(?:and(?=[\s("'“]|$)|&&?)\s*/i
const either = /^(?:or(?=[\s("'“]|$)|\|\|?)\s*/i
const no = /^(?:not(?=[\s("'“])\s*|!\s*|-(?=[\p{L}("']))/iu
const opening = /^["“'‘]/

interface Start {
  /** Undefined for `older:` and `any:`, which name none. */
  field?: string
  operator: Operator
  not: boolean
  /** How much of the text it takes. */
  size: number
}

/** A place in a text that is read once, from left to right. */
class Reader {
  readonly #text: string
  readonly #words: FilterWords
  #at = 0
  /** Parentheses that are open. */
  #depth = 0

  constructor(text: string, words: FilterWords) {
    this.#text = text
    this.#words = words
  }

  get #rest(): string {
    return this.#text.slice(this.#at)
  }

  #skip(): void {
    this.#at += /^\s*/.exec(this.#rest)?.[0].length ?? 0
  }

  #take(pattern: RegExp): string | undefined {
    const found = pattern.exec(this.#rest)?.[0]
    if (found !== undefined) this.#at += found.length
    return found
  }

  whole(): Filter {
    this.#skip()
    this.#take(/^where\s+/i)
    const filter = this.#any()
    this.#skip()
    if (this.#rest === '') return filter
    throw notUnderstood(quote(this.#rest), 'no ( belongs to this )')
  }

  #any(): Filter {
    const parts = [this.#all()]
    for (;;) {
      this.#skip()
      if (this.#take(either) === undefined) return joined('or', parts)
      parts.push(this.#all())
    }
  }

  #all(): Filter {
    const parts = [this.#one()]
    for (;;) {
      this.#take(/^[\s,;]*/)
      const rest = this.#rest
      if (rest === '' || rest.startsWith(')') || either.test(rest)) return joined('and', parts)
      this.#take(both)
      parts.push(this.#one())
    }
  }

  #one(): Filter {
    this.#take(/^[\s,;]*/)
    if (this.#take(no) !== undefined) return negated(this.#one())
    if (this.#take(/^\(/) !== undefined) {
      this.#depth += 1
      const filter = this.#any()
      this.#take(/^[\s,;]*/)
      if (this.#take(/^\)/) === undefined)
        throw notUnderstood(quote(this.#text), 'a ( is not closed')
      this.#depth -= 1
      return filter
    }
    return this.#condition() ?? this.#phrase()
  }

  /** Field and operator at the beginning of a text. */
  #start(text: string): Start | undefined {
    const [bare, word = ''] = /^(older|newer|any)(?: than\s+|\s*[:=]\s*)/i.exec(text) ?? []
    if (bare !== undefined)
      return { operator: word.toLowerCase() as Operator, not: false, size: bare.length }
    const name = fieldName.exec(text)?.[0] ?? /^"[^"]+"(?=\s*[:=!<>])/.exec(text)?.[0]
    const field = name === undefined ? undefined : this.#words.field(name.replaceAll('"', ''))
    if (name === undefined || field === undefined) return undefined
    const gap = /^\s*/.exec(text.slice(name.length))?.[0].length ?? 0
    let size = name.length + gap
    for (const [pattern, operator] of operators) {
      const [found] = pattern.exec(text.slice(size)) ?? []
      if (found !== undefined) return { field, operator, not: false, size: size + found.length }
    }
    if (gap === 0) return undefined
    const [verb = ''] = /^(?:is|are|was|does|do)(?=n't |\s)\s*/i.exec(text.slice(size)) ?? []
    size += verb.length
    const [denial = ''] = /^(?:not|n't) /i.exec(text.slice(size)) ?? []
    size += denial.length
    const not = denial !== ''
    for (const [pattern, operator] of wordOperators) {
      const [found] = pattern.exec(text.slice(size)) ?? []
      if (found !== undefined && text.length > size + found.length)
        return { field, operator, not, size: size + found.length }
    }
    return verb === '' || size >= text.length ? undefined : { field, operator: ':', not, size }
  }

  /** Whether a condition begins with a text, be it denied or in parentheses. */
  #begins(text: string): boolean {
    let rest = text
    for (;;) {
      const prefix = /^\(\s*/.exec(rest)?.[0] ?? no.exec(rest)?.[0]
      if (prefix === undefined || prefix === '') return this.#start(rest) !== undefined
      rest = rest.slice(prefix.length)
    }
  }

  #condition(): Filter | undefined {
    const start = this.#start(this.#rest)
    if (start === undefined) return undefined
    this.#at += start.size
    this.#skip()
    const test = this.#test(start)
    return start.not ? negated(test) : test
  }

  #test({ field, operator }: Start): Filter {
    if (operator === 'any')
      return joined(
        'or',
        this.#values().map((text) => ({ kind: 'word', text, quoted: true }) as const)
      )
    if (operator === 'older' || operator === 'newer') {
      const value = this.#value(false)
      if (value === '') throw notUnderstood(`${operator} has no duration`, `${operator}:7d`)
      return { kind: 'age', ...(field !== undefined && { field }), by: operator, value }
    }
    const is = (...values: string[]): Filter => ({ kind: 'is', field: field ?? '', values })
    if (operator === 'in') return is(...this.#list())
    if (operator === ':' || operator === '!=') {
      // `state:(RUNNING or PAUSED)`
      const isList = this.#take(/^[([](?=[^)\]]*[)\]])/) !== undefined
      const test = is(...(isList ? this.#list() : this.#values()))
      return operator === ':' ? test : negated(test)
    }
    const value = this.#value(false)
    if (value === '') throw notUnderstood(`${field} ${operator} has no value`, `${field}:value`)
    if (operator === 'contains') return is(`*${value}*`)
    if (operator === 'starts') return is(`${value}*`)
    if (operator === 'ends') return is(`*${value}`)
    if (operator === 'like') return is(value.replaceAll('%', '*'))
    return { kind: 'compare', field: field ?? '', by: operator, value }
  }

  /** What stands to the `)` of a list that is open. */
  #list(): string[] {
    const values: string[] = []
    for (;;) {
      this.#skip()
      if (opening.test(this.#rest)) values.push(this.#quoted())
      else {
        const text = this.#take(/^[^,;|)\]]+/)?.trim() ?? ''
        values.push(...text.split(/\s+or\s+/i).filter((value) => value !== ''))
      }
      this.#skip()
      if (this.#take(/^[)\]]/) !== undefined) break
      if (this.#take(/^(?:[,;]|\|\|?|or\b)/i) === undefined)
        throw notUnderstood(quote(this.#text), 'write field in (one, other)')
    }
    if (values.length > 0) return values
    throw notUnderstood(quote(this.#text), 'the list in ( ) is empty')
  }

  /** A value, and those that follow it after `or`. */
  #values(): string[] {
    const values = [this.#value(true)]
    for (;;) {
      const [whole] = /^\s*(?:or\b|\|\|?)\s*/i.exec(this.#rest) ?? []
      if (whole === undefined) return values
      const next = this.#rest.slice(whole.length)
      if (next === '' || next.startsWith(')') || this.#begins(next)) return values
      this.#at += whole.length
      values.push(this.#value(true))
    }
  }

  #quoted(): string {
    const [mark = ''] = this.#rest
    const end = { '“': '”', '‘': '’' }[mark] ?? mark
    let value = ''
    for (let at = this.#at + 1; at < this.#text.length; at++) {
      let character = this.#text[at] ?? ''
      const next = this.#text[at + 1]
      if (character === '\\' && (next === '"' || next === '\\')) {
        character = next
        at += 1
      } else if (character === end) {
        this.#at = at + 1
        return value
      }
      value += character
    }
    throw notUnderstood(quote(this.#text), `the quote ${mark} is not closed`)
  }

  /**
   * A value: in quotes, or up to what can only be the next condition.
   * @param mayBeEmpty whether nothing at all is a value
   */
  #value(mayBeEmpty: boolean): string {
    if (opening.test(this.#rest)) return this.#quoted()
    if (mayBeEmpty && this.#begins(this.#rest) && /\s$/.test(this.#text.slice(0, this.#at)))
      return ''
    return this.#raw(false)
  }

  /** Text without quotes around it. Of bare text, `and` and `-` end a part as well. */
  #raw(isBare: boolean): string {
    const from = this.#at
    let open = 0
    while (this.#at < this.#text.length) {
      const rest = this.#rest
      if (rest.startsWith('(')) open += 1
      if (rest.startsWith(')')) {
        if (open === 0 && this.#depth > 0) break
        open -= 1
      }
      if (this.#at > from && open <= 0 && this.#endsAt(rest, isBare)) break
      this.#at += 1
    }
    return this.#text.slice(from, this.#at).trim()
  }

  #endsAt(rest: string, isBare: boolean): boolean {
    const connective = /^\s*(?:&&|\|\|)\s*/.exec(rest)?.[0] ?? /^\s+\|\s+/.exec(rest)?.[0]
    if (connective !== undefined) return true
    const single = /^&/.exec(rest)?.[0]
    if (single !== undefined) return this.#begins(rest.slice(1))
    const gap = /^[\s,;]+/.exec(rest)?.[0]
    if (gap === undefined) return false
    const next = rest.slice(gap.length)
    const word = (both.exec(next) ?? either.exec(next))?.[0]
    if (word !== undefined && either.test(next)) return true
    if (isBare && (word !== undefined || (no.test(next) && next.length > 1))) return true
    return this.#begins(word === undefined ? next : next.slice(word.length))
  }

  #phrase(): Filter {
    if (opening.test(this.#rest)) return { kind: 'word', text: this.#quoted(), quoted: true }
    const text = this.#raw(true)
    if (text === '') throw notUnderstood(quote(this.#text), 'something is missing')
    return this.#words.phrase?.(text) ?? { kind: 'word', text }
  }
}

/**
 * Reads a filter; asks no one.
 * @throws {BridgeError} INVALID_ARGUMENT, `filter not understood`
 */
export const parseFilter = (text: string, words: FilterWords): Filter =>
  new Reader(text, words).whole()
