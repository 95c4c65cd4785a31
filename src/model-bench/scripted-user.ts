import type { UserScript } from './task.ts'

const asks =
  /\?|please (?:confirm|specify|tell|clarify|provide|choose|let me know)|let me know (?:which|if|whether)/i
/** Courtesies at the end of a reply, which ask for nothing that is required. */
const courtesy =
  /[^.?!\n]*\b(?:(?:any|some)thing (?:else|more)|any (?:other|further|more)|need (?:help|assistance|more)|(?:help|assist) you)\b[^.?!\n]*[.?!]?/gi

/** Whether a reply asks something of the user. */
export const isQuestion = (text: string): boolean => asks.test(text.replaceAll(courtesy, ''))

const consent = { yes: 'Yes.', no: 'No. Leave everything as it is.' } as const
/** A model that asks for consent again and again gets it. */
const maxConsents = 3

/** A user who knows what is in the script, and nothing else. */
export class ScriptedUser {
  readonly #script: UserScript
  #hasChosen = false
  #consents = 0

  constructor(script: UserScript = {}) {
    this.#script = script
  }

  /** Whether the user has said which one is meant. */
  get hasChosen(): boolean {
    return this.#hasChosen
  }

  /** What the user says to a reply; undefined where there is nothing to say. */
  answer(reply: string): string | undefined {
    if (!isQuestion(reply)) return undefined
    const { which, confirm } = this.#script
    // To "shall I take dc-01?" a user who means dc-02 does not say yes.
    if (which !== undefined && !this.#hasChosen) {
      this.#hasChosen = true
      return which
    }
    if (confirm === undefined || this.#consents >= maxConsents) return undefined
    this.#consents += 1
    return consent[confirm]
  }
}
