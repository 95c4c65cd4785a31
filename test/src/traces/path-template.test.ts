import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { packageRoot } from '../../../src/lib/files/package-info.ts'
import { pathTemplate } from '../../../src/traces/path-template.ts'

const api = JSON.parse(readFileSync(join(packageRoot, 'openapi/hypercore.json'), 'utf8')) as {
  paths: Record<string, object>
}

t.test('each path of the API keeps its words', async (t) => {
  const paths = Object.keys(api.paths)
  t.ok(paths.length > 80)
  for (const path of paths) {
    // What stands beside the API, and is asked for by run_api alone.
    if (/^\/(?:rest\/|docs)|\./.test(path)) continue
    t.equal(pathTemplate(path), path.replaceAll(/\{\w+\}/g, '{}'))
  }
})

t.test('nothing else is kept', async (t) => {
  t.equal(pathTemplate('/VirDomain/7c4f2e6a-1d0b-4c56-9a52-0123456789ab'), '/VirDomain/{}')
  t.equal(pathTemplate('/VirDomain/payroll/clone?name=secret'), '/VirDomain/{}/clone')
  t.equal(pathTemplate('/TaskTag/1234'), '/TaskTag/{}')
  t.equal(pathTemplate('/a%20b/c'), '/{}/{}')
  t.equal(pathTemplate('/ping'), '/ping')
})
