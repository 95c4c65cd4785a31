import t from 'tap'
import { loadCatalog } from '../../../../src/catalog/load.ts'
import type { HttpMethod } from '../../../../src/lib/http/http-method.ts'
import { callNote, responseLine } from '../../../../src/catalog/search/describe-operation.ts'

const catalog = loadCatalog()

const answerOf = (method: HttpMethod, path: string): string | null | undefined => {
  const operation = catalog.find(method, path)
  return operation && responseLine(catalog, operation)
}

t.test('what run_api cannot call is noted', (t) => {
  const docs = catalog.find('GET', '/docs/')
  t.equal(docs && callNote(docs), '/docs/ is a page for a browser, run_api cannot show it')
  const tunnel = catalog.find('GET', '/support-api/open', '')
  t.equal(
    tunnel && callNote(tunnel),
    '/support-api/open is outside /rest/v1: run_api cannot call it'
  )
  const progress = catalog.find('GET', '/update/update_status.json', '')
  t.match(progress && callNote(progress), /run_api cannot call it, but update_read reads it$/)
  t.end()
})

t.test('a task is to be followed only where there is one', (t) => {
  for (const { method, path } of catalog.operations.filter((each) => each.taskObserved === 'empty'))
    t.match(answerOf(method, path), /taskTag is empty, there is no task/, `${method} ${path}`)
  t.notMatch(answerOf('POST', '/User'), /waitTask/)
  t.match(answerOf('POST', '/VirDomain'), /: follow the task with waitTask$/)
  t.match(answerOf('POST', '/VirDomain/action'), /waitTask unless taskTag is empty$/)
  t.end()
})
