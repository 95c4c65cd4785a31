import { comparable } from './visible-text.ts'

/** A name in one case and one Unicode form: two that differ only so are the same to a reader. */
export const foldCase = (text: string): string => comparable(text).toLowerCase()

/** The letters and digits alone, in lower case: `VirDomain-Snapshot` is virdomainsnapshot. */
export const lettersAndDigits = (text: string): string =>
  text.toLowerCase().replaceAll(/[^a-z0-9]/g, '')

/** Lower case, without whitespace, `_` and `-`; everything else counts. */
export const withoutSeparators = (text: string): string =>
  text.toLowerCase().replaceAll(/[\s_-]/g, '')
