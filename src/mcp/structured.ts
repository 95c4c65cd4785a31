import { BridgeError } from '../lib/errors/errors.ts'

/** What the switch for structured content takes, in the address and as an option of `scale-bridge mcp`. */
export const structuredChoices = ['on', 'off'] as const

/**
 * Whether results carry structured content beside the text, as an address asks: `/mcp?structured=off`
 * for clients that show the model both.
 * @throws {BridgeError} INVALID_ARGUMENT for another word
 */
export function structuredOf(address: string): boolean {
  const [, query] = address.split('?', 2)
  const choice = new URLSearchParams(query).get('structured')?.toLowerCase() ?? 'on'
  if (choice !== 'on' && choice !== 'off')
    throw new BridgeError(
      'INVALID_ARGUMENT',
      `structured is "${choice.slice(0, 60)}": pass ${structuredChoices.join(' or ')}`
    )
  return choice === 'on'
}
