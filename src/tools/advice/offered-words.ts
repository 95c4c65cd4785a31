import { BridgeError } from '../../lib/errors/errors.ts'
import { isObject } from '../../lib/json/json.ts'

/** Names of the tools that a caller is offered. */
export type Offered = ReadonlySet<string>

/** Tools by which a message can be followed as well, where the one that it names is not offered. */
const standIns: Readonly<Record<string, string>> = {
  fetch_vm: 'vm_read',
  getVM_details: 'vm_read',
  vmNetDevices_read: 'vm_read',
  taskTagStatus_read: 'recentActivity'
}

/** Names that are words of English, too, stand in messages for other things as well. */
const isPlainWord = (name: string): boolean => /^[a-z]+$/.test(name)

/** At the end of a message, where what is said before is a sentence without it. */
const pointer = (names: string): RegExp => new RegExp(`[;:.] (?:Call )?(?:${names})\\b[^;:."]*$`)

/** What messages may have to be changed for. */
export interface OfferedWords {
  /** Names of all tools. */
  all: Iterable<string>
  /** Of those that the caller is offered; undefined where that is not known. */
  offered: Offered | undefined
}

/**
 * A message that sends a caller to no tool but its own: to one that shows the same, or to none; what a
 * sentence cannot do without is said to be missing.
 */
export function inOfferedWords(message: string, { all, offered }: OfferedWords): string {
  if (offered === undefined) return message
  const missing = [...all].filter((name) => !isPlainWord(name) && !offered.has(name))
  const named = missing.filter((name) => message.includes(name))
  if (named.length === 0) return message
  let text = message
  const left: string[] = []
  // The longest first: some names are the beginning of others.
  for (const name of named.toSorted((a, b) => b.length - a.length)) {
    const other = standIns[name]
    if (other === undefined || !offered.has(other)) left.push(name)
    else text = text.replaceAll(new RegExp(`\\b${name}\\b`, 'g'), other)
  }
  if (left.length === 0) return text
  const atEnd = pointer(left.join('|'))
  const cut = text.replace(atEnd, '')
  const still = left.filter((name) => new RegExp(`\\b${name}\\b`).test(cut))
  if (still.length === 0) return cut
  const are = still.length === 1 ? 'is' : 'are'
  return `${cut.replace(/[.!]$/, '')}. ${still.join(', ')} ${are} not among your tools: tell the user`
}

/** An error in the words of what its caller is offered. */
export function errorInOfferedWords(error: unknown, words: OfferedWords): unknown {
  if (!(error instanceof BridgeError)) return error
  const message = inOfferedWords(error.message, words)
  return message === error.message ? error : error.reworded(message)
}

/** A response whose message and notes are in the words of what its caller is offered. */
export function responseInOfferedWords(response: unknown, words: OfferedWords): unknown {
  if (words.offered === undefined || !isObject(response)) return response
  const { message, notes } = response
  return {
    ...response,
    ...(typeof message === 'string' && { message: inOfferedWords(message, words) }),
    ...(Array.isArray(notes) && {
      notes: notes.map((note: unknown) =>
        typeof note === 'string' ? inOfferedWords(note, words) : note
      )
    })
  }
}
