// A process that writes until it is killed, and says what was acknowledged. See crash.test.ts.
import { FileStore } from '../../../src/store/file-store.ts'

const [folder = '', name = '', count = '0'] = process.argv.slice(2)
const store = new FileStore(folder)
for (let i = 1; i <= Number(count); i++) {
  const number = await store.append('log', { by: name, i })
  const { put } = await store.putIfAbsent('claims', `claim-${i}`, { by: name })
  process.stdout.write(`${number} ${i} ${put ? 'put' : 'absent'}\n`)
}
await store.close()
