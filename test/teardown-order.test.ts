import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'

t.test('the folder of a test is there until everything is closed', async (t) => {
  let folder = ''
  let wasThere: boolean | undefined
  await t.test('one that writes until it is closed', async (t) => {
    folder = t.testdir()
    const writes = setInterval(() => writeFileSync(join(folder, 'log'), ''), 1)
    t.teardown(async () => {
      await sleep(20)
      clearInterval(writes)
      wasThere = existsSync(folder)
    })
    t.pass('ends at once')
  })
  t.equal(wasThere, true)
  t.notOk(existsSync(folder), 'and removed then')
})
