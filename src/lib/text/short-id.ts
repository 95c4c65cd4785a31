import { randomInt } from 'node:crypto'

/** Without letters and digits that are taken for one another. */
const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789'

/** A new id that a person can read out, with what it begins with: `p-k4m9x2ab` */
export const shortId = (kind: string): string =>
  `${kind}-${Array.from({ length: 8 }, () => alphabet[randomInt(alphabet.length)]).join('')}`
