/** Every way in which a text may write a value. */
export const secretForms: Readonly<Record<string, (value: string) => string>> = {
  'as it is': (value) => value,
  encodeURIComponent: encodeURIComponent,
  encodeURI: encodeURI,
  'percent-encoded in small letters': (value) =>
    encodeURIComponent(value).replaceAll(/%../g, (code) => code.toLowerCase()),
  'percent-encoded throughout': (value) =>
    encodeURIComponent(value).replaceAll(
      /[^A-Za-z0-9%]/g,
      (mark) => `%${mark.charCodeAt(0).toString(16)}`
    ),
  'percent-encoded twice': (value) => encodeURIComponent(encodeURIComponent(value)),
  'as a form sends it': (value) => new URLSearchParams([['', value]]).toString().slice(1),
  'in JSON': (value) => JSON.stringify(value).slice(1, -1),
  'in JSON with slashes escaped': (value) =>
    JSON.stringify(value).slice(1, -1).replaceAll('/', '\\/'),
  'in JSON of ASCII': (value) =>
    JSON.stringify(value)
      .slice(1, -1)
      .replaceAll(/[^ -~]/g, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`),
  'in JSON within JSON': (value) => JSON.stringify(JSON.stringify(value).slice(1, -1)).slice(1, -1),
  'in HTML': (value) =>
    value
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&#39;'),
  composed: (value) => value.normalize('NFC'),
  decomposed: (value) => value.normalize('NFD'),
  'with one blank for several': (value) => value.replaceAll(/\s+/g, ' ')
}

/** Secrets whose forms differ, or that look like something else. */
export const awkwardSecrets: readonly string[] = [
  'S3cretPw',
  'S3cret Pw',
  'S3cr@et/Pw',
  'p@ss:w;rd#1',
  '100%\\"sure"',
  '%41%42+c d',
  'Grüße & <Küsse>',
  '\\\\\\""/\'\\\\',
  'm\u0301ot  de\tpasse',
  '😀😀 pässwörd',
  'пароль-1',
  'sk-proj-0123456789abcdefghijklmnopqrstuvwxyz'
]
