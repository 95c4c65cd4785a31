import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { replaceFile } from '../../../../src/lib/files/replace-file.ts'

t.test('a new file, an old one, and folders that are missing', async (t) => {
  const path = join(t.testdir(), 'a', 'b', 'file')
  await replaceFile(path, 'one')
  await replaceFile(path, 'two')
  t.equal(readFileSync(path, 'utf8'), 'two')
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.equal(statSync(join(path, '..')).mode & 0o777, 0o700)
  await replaceFile(path, 'three', { mode: 0o664 })
  t.equal(statSync(path).mode & 0o777, 0o664, 'as told, whatever the umask')
  await replaceFile(path, 'four')
  t.equal(statSync(path).mode & 0o777, 0o600)
})

t.test('what is not a regular file stays what it is', async (t) => {
  const path = join(t.testdir(), 'pipe')
  execFileSync('mkfifo', [path])
  await t.rejects(replaceFile(path, 'text'), { message: /pipe is not a regular file$/ })
  t.ok(statSync(path).isFIFO())
})

t.test('what must hold before the old text goes', async (t) => {
  const path = join(t.testdir({ file: 'old' }), 'file')
  const beforeReplacing = async (): Promise<void> => {
    t.equal(readFileSync(path, 'utf8'), 'old')
    throw new Error('it does not')
  }
  await t.rejects(replaceFile(path, 'new', { beforeReplacing }), { message: 'it does not' })
  t.equal(readFileSync(path, 'utf8'), 'old')
  t.same(readdirSync(join(path, '..')), ['file'], 'no draft is left')
})
