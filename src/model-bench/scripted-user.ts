import type { UserScript } from './task.ts'

const asks =
  /\?|please (?:confirm|specify|tell|clarify|provide|choose|let me know)|let me know (?:which|if|whether)/i
const asksWhich = /\b(?:which|what|who|specify|clarify|name of|choose|mean)\b/i

/** Whether a reply asks something of the user. */
export const isQuestion = (text: string): boolean => asks.test(text)

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

  /** What the user says to a reply; undefined where there is nothing to say. */
  answer(reply: string): string | undefined {
    if (!isQuestion(reply)) return undefined
    const { which, confirm } = this.#script
    if (which !== undefined && !this.#hasChosen && asksWhich.test(reply)) {
      this.#hasChosen = true
      return which
    }
    if (confirm === undefined || this.#consents >= maxConsents) return undefined
    this.#consents += 1
    return consent[confirm]
  }
}
