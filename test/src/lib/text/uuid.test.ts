import t from 'tap'
import {
  exampleUuid,
  isUuid,
  parseUuid,
  referencePattern,
  uuidsInText
} from '../../../../src/lib/text/uuid.ts'

t.test('a uuid is one in either case, and nothing around it', async (t) => {
  for (const text of [exampleUuid, exampleUuid.toUpperCase()]) t.ok(isUuid(text), text)
  for (const text of ['', 'web-01', ` ${exampleUuid}`, `${exampleUuid}0`, exampleUuid.slice(1)])
    t.notOk(isUuid(text), text)
})

t.test('a uuid is read in every form that people write', async (t) => {
  const forms = [
    exampleUuid,
    exampleUuid.toUpperCase(),
    `{${exampleUuid}}`,
    `urn:uuid:${exampleUuid}`,
    exampleUuid.replaceAll('-', '')
  ]
  for (const text of forms) t.equal(parseUuid(text), exampleUuid, text)
  for (const text of ['', 'web-01', `${exampleUuid},`, `{${exampleUuid}`, 'urn:uuid:web-01'])
    t.equal(parseUuid(text), undefined, text)
})

t.test('a reference is a uuid or a name, and no broken uuid', async (t) => {
  const pattern = new RegExp(referencePattern)
  for (const text of [exampleUuid, 'web-01', '12345678', '10.20.0.11', 'a b', 'deadbeef'])
    t.ok(pattern.test(text), text)
  for (const text of ['', '  ', exampleUuid.slice(0, -1), `${exampleUuid.slice(0, 12)}…`])
    t.notOk(pattern.test(text), text)
})

t.test('uuids are found within a text', async (t) => {
  const text = `delete ${exampleUuid.toUpperCase()}, not x${exampleUuid}`
  t.equal(text.replaceAll(uuidsInText, 'it'), `delete it, not x${exampleUuid}`)
})
