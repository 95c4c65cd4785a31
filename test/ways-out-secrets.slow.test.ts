import * as fc from 'fast-check'
import t from 'tap'
import { isDistinctive } from '../src/lib/secrets/redactor.ts'
import { noSecretLeaves } from './helper/secret-settings.ts'

/** Texts of settings with everything in them that was once let through. */
const part = fc
  .array(
    fc.constantFrom(
      'a',
      'B',
      '7',
      'x9',
      '@',
      ':',
      '/',
      ' ',
      '%',
      '%41',
      '"',
      '\\',
      ';',
      '#',
      '?',
      '&',
      '+',
      'ü',
      'ß',
      '漢',
      '😀',
      "'",
      '<'
    ),
    { minLength: 8, maxLength: 20 }
  )
  .map((parts) => parts.join('').trim())
  .filter(isDistinctive)

const printable = part
  .map((text) => text.replaceAll(/[^\x21-\x7e]/g, 'q'))
  .filter((text) => text.length >= 16)

t.test('property: no secret of any setting leaves, in any form, on any way', async (t) => {
  const secrets = fc.record({
    password: part,
    archivePassword: part,
    archiveUser: fc.oneof(
      part.map((text) => text.replaceAll(':', '')),
      fc.constantFrom('backup', 'CORP;backup', 'CORP\\backup', 'backup@corp.local', 'CORP/b u')
    ),
    token: printable,
    chatKey: printable,
    modelKey: printable,
    userSecret: printable.map((text) => text.padEnd(32, 'Q7'))
  })
  await fc.assert(
    fc.asyncProperty(secrets, (settings) => noSecretLeaves(t, settings)),
    { numRuns: 4, endOnFailure: true }
  )
})
