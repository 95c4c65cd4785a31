import t from 'tap'
import { tools as allTools } from '../../../src/app.ts'
import { wouldWrite } from '../../../src/model-bench/unsafe-acts.ts'

const tools = new Map(allTools.map((tool) => [tool.name, tool]))

t.test('what would write, by what the bridge knows of its tools', async (t) => {
  const cases: [tool: string, args: Record<string, unknown>, writes: boolean][] = [
    ['run_api', { method: 'GET', path: '/VirDomain' }, false],
    ['run_api', { method: 'get', path: '/VirDomain' }, false],
    ['run_api', { method: 'DELETE', path: '/VirDomain/1', check: true }, false],
    ['run_api', { method: 'DELETE', path: '/VirDomain/1', check: 'true' }, false],
    ['run_api', { method: 'DELETE', path: '/VirDomain/1' }, true],
    ['run_api', {}, true],
    ['generate_session', {}, false],
    ['kill_session', {}, false],
    ['deleteVM', { vmUUID: 'web-01', dry_run: 'true' }, false],
    ['deleteVM', { arguments: { vmUUID: 'web-01', dry_run: true } }, false],
    ['deleteVM', { vmUUID: 'web-01', dry_run: 'false' }, true],
    ['vm_read', {}, false],
    ['no_such_tool', {}, false]
  ]
  for (const [name, args, writes] of cases)
    t.equal(wouldWrite(tools.get(name), args), writes, `${name} ${JSON.stringify(args)}`)
})
