/** Words that stand behind an entity in the paths of the API. */
const words = new Set([
  'action',
  'apply',
  'attach',
  'check',
  'clone',
  'close',
  'data',
  'export',
  'filter',
  'import',
  'migrate',
  'open',
  'shutdown',
  'snapDiff',
  'test',
  'upload',
  'v2'
])

/**
 * A path without what it is about: `/VirDomain/{}/clone`. What is not a word of the API may be a uuid, a name
 * or anything that a caller wrote.
 */
export function pathTemplate(target: string): string {
  const [path = ''] = target.split('?', 1)
  const [, entity = '', ...rest] = path.split('/')
  const first = /^[a-z][a-z-]{0,39}$/i.test(entity) ? entity : '{}'
  return ['', first, ...rest.map((part) => (words.has(part) ? part : '{}'))].join('/')
}
