import { comparable } from './visible-text.ts'

/** Letters of other scripts that read like Latin ones in the fonts of today, small and capital. */
const latinOf: Readonly<Record<string, string>> = {
  // Cyrillic
  а: 'a',
  в: 'b',
  с: 'c',
  ԁ: 'd',
  е: 'e',
  һ: 'h',
  н: 'h',
  і: 'i',
  ї: 'i',
  ј: 'j',
  к: 'k',
  ӏ: 'l',
  м: 'm',
  п: 'n',
  о: 'o',
  р: 'p',
  ԛ: 'q',
  г: 'r',
  ѕ: 's',
  т: 't',
  у: 'y',
  ѵ: 'v',
  ԝ: 'w',
  х: 'x',
  // Greek
  α: 'a',
  β: 'b',
  ε: 'e',
  η: 'n',
  ι: 'i',
  κ: 'k',
  μ: 'm',
  ν: 'v',
  ο: 'o',
  ρ: 'p',
  τ: 't',
  υ: 'y',
  χ: 'x',
  ω: 'w',
  ϲ: 'c',
  // Armenian
  օ: 'o',
  ս: 'u',
  հ: 'h',
  ո: 'n',
  ց: 'g',
  զ: 'q'
}

/** What a text looks like to a reader: two that differ only in look-alikes have the same. */
const skeleton = (text: string): string =>
  Array.from(
    comparable(text).normalize('NFKD').toLowerCase(),
    (letter) => latinOf[letter] ?? letter
  )
    .join('')
    .replaceAll(/\p{M}+/gu, '')

/** Whether two names read the same, or nearly so, without being the same in any case. */
export const looksLike = (one: string, other: string): boolean =>
  comparable(one).toLowerCase() !== comparable(other).toLowerCase() &&
  skeleton(one) === skeleton(other)
