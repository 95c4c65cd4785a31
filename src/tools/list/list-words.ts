import { foldCase, lettersAndDigits } from '../../lib/text/normalize.ts'
import type { ListView } from '../../views/list-view.ts'
import type { FilterWords } from '../filter/parse.ts'
import { writtenAs } from './list-entry.ts'
import { ownValue } from '../../lib/json/own-value.ts'

/** What people call fields of any list that has them. */
const commonAliases: Readonly<Record<string, string>> = {
  status: 'state',
  tag: 'tags',
  vm: 'vmName',
  vmname: 'vmName',
  ip: 'ipv4Addresses',
  mac: 'macAddress',
  address: 'ip',
  host: 'node'
}

/** A field by the name a caller gave it: in any case, with or without `_`, or by an alias. */
export function fieldCalled(
  name: string,
  names: readonly string[],
  aliases: Readonly<Record<string, string>>
): string | undefined {
  const written = writtenAs(name, names)
  if (written !== undefined) return written
  const given = lettersAndDigits(name)
  const same = names.find((candidate) => lettersAndDigits(candidate) === given)
  const alias = ownValue(aliases, given) ?? ownValue(commonAliases, given)
  return same ?? (alias === undefined ? undefined : writtenAs(alias, names))
}

/** The words of a list, for the parser of its filter. */
export const wordsOfList = <T extends object, F extends object>(
  names: readonly string[],
  { aliases = {}, phrases = {} }: ListView<T, F>
): FilterWords => ({
  field: (name) => fieldCalled(name, names, aliases),
  phrase(text) {
    const said = foldCase(text).replaceAll(/[\s_-]+/g, ' ')
    const found = ownValue(phrases, said)
    if (found === undefined) return undefined
    const [field, value] = found
    return { kind: 'is', field, values: [value] }
  }
})
