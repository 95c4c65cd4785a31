import { execFileSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { open as openFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { silentLogger } from '../../../src/lib/process/logger.ts'
import { HeartbeatFiles } from '../../../src/store/heartbeat-files.ts'
import { Presence } from '../../../src/store/presence.ts'
import { missingPrograms } from '../../helper/shell.ts'

t.test(
  'a drive that hangs keeps none from ending',
  { skip: missingPrograms('mkfifo') },
  async (t) => {
    const folder = t.testdir()
    const heartbeats = new HeartbeatFiles(join(folder, 'bridges'))
    const presence = new Presence(heartbeats, silentLogger, { beatMs: 10, ttlMs: 150 })
    t.teardown(() => presence.close())
    await presence.start()
    const pipe = join(folder, 'pipe')
    execFileSync('mkfifo', [pipe])
    // Each takes a thread, and waits there for a writer.
    const threads = Number(process.env['UV_THREADPOOL_SIZE'] ?? 4)
    const waiting = Array.from({ length: threads }, () => openFile(pipe, 'r'))
    const closed = presence.close().then(() => 'closed')
    t.equal(await Promise.race([closed, sleep(5_000, 'hangs')]), 'closed')
    // Opened to read and write: does not block, and ends their wait.
    const end = openSync(pipe, 'r+')
    for (const file of await Promise.all(waiting)) await file.close()
    closeSync(end)
  }
)
