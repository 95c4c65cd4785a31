import t from 'tap'
import {
  checkDocument,
  DocumentError,
  parseDocument
} from '../../../../src/catalog/import/document.ts'
import { apiDocument } from '../../../helper/api-document.ts'

/** What is said of bytes that cannot be used. */
function refusal(bytes: string | Uint8Array): string {
  try {
    parseDocument(typeof bytes === 'string' ? Buffer.from(bytes) : bytes)
  } catch (error) {
    if (error instanceof DocumentError) return error.message
    throw error
  }
  throw new Error('It was taken')
}

t.test('a document is taken, with a byte order mark too', async (t) => {
  const text = JSON.stringify(apiDocument())
  t.same(parseDocument(Buffer.from(text)), apiDocument())
  t.same(parseDocument(Buffer.from(`\uFEFF${text}\n`)), apiDocument())
})

t.test('what is not a usable document is refused in one sentence', async (t) => {
  const rows: [string, string | Uint8Array, RegExp][] = [
    ['nothing', '', /^It is empty\.$/],
    ['blanks', ' \n\t ', /^It is empty\.$/],
    ['a web page', '<!DOCTYPE html><html></html>', /web page/],
    ['YAML', 'openapi: 3.0.0\ninfo:\n  title: x\n', /YAML.*reads JSON/],
    ['YAML with a mark', '---\nopenapi: 3.0.0\n', /YAML/],
    ['a cut file', '{"openapi": "3.0.0", "paths": {', /not valid JSON/],
    ['broken JSON', '{\n  "openapi": "3.0.0",\n  oops\n}', /not valid JSON/],
    ['UTF-16', Buffer.from('{"openapi":"3.0.0"}', 'utf16le').fill(0xff, 0, 2), /not UTF-8/],
    ['Latin-1', Buffer.from([0x7b, 0x22, 0xe4, 0x22, 0x7d]), /not UTF-8/],
    ['a list', '[]', /not an object/],
    ['null', 'null', /not an object/],
    ['another JSON', '{"name": "x"}', /not an OpenAPI document/],
    ['Swagger 2', '{"swagger": "2.0"}', /Swagger 2.*OpenAPI 3\.0 and 3\.1/],
    ['OpenAPI 4', '{"openapi": "4.0.0"}', /OpenAPI 4\.0\.0/],
    ['a strange version', '{"openapi": "3.\\u001b[31m"}', /OpenAPI 3\.�\[31m/],
    ['a number as version', '{"openapi": 3}', /not an OpenAPI document/],
    ['too large', new Uint8Array(20 * 1024 * 1024 + 1), /20 MiB|at most 20/]
  ]
  for (const [name, bytes, pattern] of rows) {
    const message = refusal(bytes)
    t.match(message, pattern, name)
    t.notMatch(message, /[\p{C}]/u, `${name}: nothing that a terminal would obey`)
    t.equal(message.split('\n').length, 1, `${name}: one line`)
  }
})

t.test('what could harm is refused, wherever it stands', async (t) => {
  for (const key of ['__proto__', 'constructor', 'prototype']) {
    const text = `{"openapi":"3.0.0","paths":{"/User":{"get":{"x":[{"${key}":{"polluted":true}}]}}}}`
    t.match(refusal(text), new RegExp(`holds the key ${key}`))
  }
  t.notOk('polluted' in {}, 'no object has changed')

  const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
  t.match(refusal(`{"openapi":"3.0.0","paths":${deep}}`), /deeper than 100 levels/)
  t.match(refusal(deep), /deeper than 100 levels/)

  const many = { openapi: '3.0.0', paths: Array.from({ length: 3_000_001 }, () => 0) }
  t.throws(() => checkDocument(many), { message: /more than 3000000 values/ })
})
