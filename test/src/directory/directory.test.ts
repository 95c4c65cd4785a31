import t from 'tap'
import { Directory } from '../../../src/directory/directory.ts'
import { until } from '../../helper/simulator.ts'
import { startDirectory } from '../../helper/directory-server.ts'

const uuid = '7c4f2e6a-52b3-4c3e-9a0f-1f0b5e1c7d21'

t.test('the shapes a directory may answer in', async (t) => {
  const shapes: [string, unknown, unknown][] = [
    ['names', ['pc-1', 'pc-2'], [{ name: 'pc-1' }, { name: 'pc-2' }]],
    ['uuids', [uuid], [{ uuid }]],
    ['objects', [{ vm_name: 'pc-1', uuid }], [{ uuid, name: 'pc-1' }]],
    ['inside an object', { user: 'ann', vms: [{ name: 'pc-1' }] }, [{ name: 'pc-1' }]],
    ['one object', { name: 'pc-1' }, [{ name: 'pc-1' }]],
    ['an id that is no uuid is no uuid', [{ id: '17', name: 'pc-1' }], [{ name: 'pc-1' }]],
    ['nothing', [], []]
  ]
  for (const [name, shape, expected] of shapes)
    await t.test(name, async (t) => {
      const { url } = await startDirectory(t, (_user, response) =>
        response.end(JSON.stringify(shape))
      )
      t.same(await new Directory(url).vmsOf('ann'), expected)
    })
})

t.test('the user is sent encoded, beside what the URL holds', async (t) => {
  const { url, asked } = await startDirectory(t, (_user, response) => response.end('[]'))
  await new Directory(`${url}?site=1`).vmsOf('Ann & Bob')
  t.same(asked, ['GET /webad?site=1&user=Ann+%26+Bob'])
})

t.test('a person it does not know', async (t) => {
  const { url } = await startDirectory(t, (_user, response) => response.writeHead(404).end('no'))
  t.same(await new Directory(url).vmsOf('nobody'), [])
})

t.test('a directory that fails', async (t) => {
  const failing: [string, string, Parameters<typeof startDirectory>[1]][] = [
    ['an error', 'DIRECTORY_ERROR', (_u, response) => response.writeHead(500).end('boom')],
    ['HTML', 'DIRECTORY_ERROR', (_u, response) => response.end('<html></html>')],
    ['numbers', 'DIRECTORY_ERROR', (_u, response) => response.end('[1, 2]')],
    ['a cut connection', 'DIRECTORY_UNREACHABLE', (_u, response) => response.destroy()],
    [
      'too much',
      'DIRECTORY_ERROR',
      (_u, response) => response.end(JSON.stringify(['x'.repeat(5 * 1024 * 1024)]))
    ]
  ]
  for (const [name, code, answer] of failing)
    await t.test(name, async (t) => {
      const { url } = await startDirectory(t, answer)
      await t.rejects(new Directory(url).vmsOf('ann'), { code, message: /directory 127\.0\.0\.1/ })
    })

  await t.rejects(new Directory('http://127.0.0.1:1/').vmsOf('ann'), {
    code: 'DIRECTORY_UNREACHABLE',
    message: /SCALE_DIRECTORY_URL/
  })
})

t.test('a caller that goes away ends the question', async (t) => {
  let closed = false
  const controller = new AbortController()
  const { url } = await startDirectory(t, (_user, response) => {
    response.on('close', () => (closed = true))
    controller.abort()
  })
  await t.rejects(new Directory(url).vmsOf('ann', controller.signal), { code: 'CALLER_GONE' })
  await until(() => closed)
  t.pass('the directory saw its connection close')
})
