import { withoutLogins } from '../http/address-login.ts'
import { mixedScripts, revealHidden, withoutMarkup } from './visible-text.ts'

/** Far more than is shown, and than any login has. */
const maxRead = 2000

const maxNameLength = 60

/** What must not be cut in two: an escape, or a character. */
const pieces = /\\u\{[0-9a-f]+\}|\\u[0-9a-f]{4}|\\.|[\s\S]/gu

/** The text itself if it is no longer than that, else its beginning and `…`. */
function cut(text: string, max: number): string {
  const parts = [...text.matchAll(pieces)].map(([piece]) => piece)
  if (parts.join('').length <= max) return text
  let shown = ''
  for (const part of parts) {
    if (shown.length + part.length >= max) break
    shown += part
  }
  return `${shown}…`
}

/**
 * A text that others wrote, for a sentence of ours: in quotes, on one line, not longer than `max`
 * characters. Nothing in it can end the quotes, hide, or be markup; it reads as JSON has it.
 */
export function quoteText(text: string, max = 200): string {
  const inJson = JSON.stringify(withoutLogins(text.slice(0, maxRead))).slice(1, -1)
  return `"${cut(withoutMarkup(revealHidden(inJson)), max)}"`
}

/** What the cluster said, in a sentence: more of it is in the details of the error. */
export const quoteWords = (words: string): string => quoteText(words, 500)

/**
 * A name, as every sentence has it: `"web-01"`. Where a word of it mixes scripts, as those do that
 * look like another name, that is said behind it.
 */
export function quoteName(name: string): string {
  const scripts = mixedScripts(name)
  const mark = scripts.length === 0 ? '' : ` (mixes ${scripts.join(' and ')} letters)`
  return quoteText(name, maxNameLength) + mark
}

function asJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    // Nested deeper than the stack.
    return '…'
  }
}

/** A value as a message may show it: as JSON, short, without logins. */
export const quote = (value: unknown): string =>
  typeof value === 'string'
    ? quoteText(value, maxNameLength)
    : cut(
        withoutMarkup(revealHidden(withoutLogins(asJson(value).slice(0, maxRead)))),
        maxNameLength
      )

const maxWordLength = 100

/** A word that the caller used, such as the name of an argument: in quotes unless it looks like one. */
export const asWord = (text: string): string =>
  text.length <= maxWordLength && /^[\w.:/*%[\]-]+$/.test(text)
    ? text
    : quoteText(text, maxWordLength)
