import { silentLogger } from '../../src/lib/process/logger.ts'
import { SessionFile } from '../../src/hypercore/sessions/session-file.ts'

/**
 * A process of its own that replaces a session file without end, until it is killed:
 * `session-writer FILE NAME`.
 */
const [path, name = ''] = process.argv.slice(2)
const origin = 'https://10.0.0.1'
const file = new SessionFile(
  path,
  { username: 'admin', useOidc: false, nodes: [origin] },
  silentLogger
)
for (let i = 0; ; i++) {
  const id = `${name}-${i}-`.padEnd(1000, name)
  await file.change((sessions) => sessions.set(origin, { id, createdAt: Date.now() }))
  if (i === 0) process.stdout.write('writing\n')
}
