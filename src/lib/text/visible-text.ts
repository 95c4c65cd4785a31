/**
 * The three flags that Unicode spells with tag characters, England, Scotland and Wales. Any other run
 * of them is invisible text.
 */
const flags = ['gbeng', 'gbsct', 'gbwls'].map(
  (name) =>
    `\u{1f3f4}${Array.from(name, (letter) => String.fromCodePoint(0xe0000 + letter.charCodeAt(0))).join('')}\u{e007f}`
)

/** A character that may be a hidden one, whatever stands beside it; for a pattern with the flag `u`. */
export const mayHide =
  '[\\p{Cf}\\p{Co}\\p{Cs}\\p{Default_Ignorable_Code_Point}\\p{Zl}\\p{Zp}\\u2800\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f]'

/**
 * A flag, or one character that cannot be seen, that reverses the text, or that controls what
 * shows it. A joiner between two pictures and the sign that makes a picture coloured are not invisible.
 */
const pattern = new RegExp(
  `(${flags.join('|')})|(?!\\ufe0f|(?<=\\p{Extended_Pictographic}[\\ufe0f\\p{Emoji_Modifier}]*)\\u200d(?=\\p{Extended_Pictographic}))` +
    // Line breaks and tabs are left: what is written on one line has them taken out elsewhere.
    `(?!\\r\\n)${mayHide}`,
  'gu'
)

/** A character that may be a hidden one; most texts have none, and most that have one hide nothing. */
export const notPlain = /[^\t\n\x20-\x7e]/

/** A character by its code, such as `\u202e`. */
const byCode = (character: string): string => {
  const code = (character.codePointAt(0) ?? 0).toString(16)
  return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`
}

/**
 * A text in which nothing hides: characters that cannot be seen, that reverse the text or control
 * a terminal are written by their codes (`\u202e`), so that two texts that differ never look the same,
 * and a model reads nothing that a person does not.
 */
export const revealHidden = (text: string): string =>
  notPlain.test(text)
    ? text.replaceAll(pattern, (found, flag: string | undefined) => flag ?? byCode(found))
    : text

/** What a program that shows Markdown or HTML would follow, load or run. */
const markup = /\](?=\()|<(?=[a-z/!])/gi

/** A text of others for a reader who may see Markdown: links, images and tags are broken by a space. */
export const withoutMarkup = (text: string): string => text.replaceAll(markup, '$& ')

/** A text of others within a line or a cell of ours. */
export const asShown = (text: string): string =>
  withoutMarkup(revealHidden(text.replaceAll(/[\t\n\r]+/g, ' '))).trim()

/** What most names are, and what is shown as it is. */
const plainWord = /^[\w.-]+$/

/**
 * The one form in which names and typed texts are compared: composed, and as they are shown, so that a
 * name can be copied from any response.
 */
export const comparable = (text: string): string =>
  plainWord.test(text) ? text : asShown(notPlain.test(text) ? text.normalize('NFC') : text)

/** Scripts with letters that look like those of another. */
const lookAlikes = ['Latin', 'Cyrillic', 'Greek', 'Armenian', 'Cherokee', 'Coptic', 'Lisu'].map(
  (script) => ({ script, letter: new RegExp(`\\p{Script=${script}}`, 'u') })
)

/** The scripts that one word of a text mixes, such as Latin and Cyrillic; none where no word does. */
export function mixedScripts(text: string): string[] {
  if (!notPlain.test(text)) return []
  for (const [word] of text.matchAll(/[\p{L}\p{M}]+/gu)) {
    const scripts = lookAlikes.filter(({ letter }) => letter.test(word))
    if (scripts.length > 1) return scripts.map(({ script }) => script)
  }
  return []
}
