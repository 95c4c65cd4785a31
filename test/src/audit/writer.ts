// A process that records until it is killed, and says what is durable. See crash.slow.test.ts.
import { openAudit, recordIn } from './helper.ts'

const [folder = '', name = '', count = '0', maxBytes = '0', pauseMs = '0'] = process.argv.slice(2)
const { audit } = openAudit(
  recordIn(folder),
  maxBytes === '0' ? {} : { maxBytes: Number(maxBytes) }
)
// Node.js would end with it; a bridge gets EFBIG from a quota.
process.on('SIGXFSZ', () => undefined)
let next = 1
/** Several at once, as clients are. */
async function client(): Promise<void> {
  for (let i = next++; i <= Number(count); i = next++) {
    try {
      const { seq } = await audit.append('write', { id: `${name}-${i}`, filler: 'x'.repeat(200) })
      process.stdout.write(`${seq} ${name}-${i}\n`)
    } catch (error) {
      const { code } = error as { code?: string }
      process.stdout.write(`${code} ${name}-${i}\n`)
    }
    if (pauseMs !== '0') await new Promise((resolve) => setTimeout(resolve, Number(pauseMs)))
  }
}
await Promise.all(Array.from({ length: 8 }, client))
await audit.close()
