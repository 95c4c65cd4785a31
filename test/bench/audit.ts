// npm run bench:audit: entries a second with and without sharing a sync, and the CPU of an entry.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openAudit, recordIn } from '../src/audit/helper.ts'

const fields = {
  id: '3f2a91c0-0000-4000-8000-000000000001',
  token: 'operator',
  address: '127.0.0.1',
  tool: 'snapshotVM',
  args: { vmUUID: '5c1b2f3e-0000-4000-8000-000000000001', label: 'before update' },
  method: 'POST',
  path: '/VirDomainSnapshot',
  body: { domainUUID: '5c1b2f3e-0000-4000-8000-000000000001', label: 'before update' },
  targets: [{ uuid: '5c1b2f3e-0000-4000-8000-000000000001', name: 'web-01' }]
}

async function measure(clients: number, count: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'audit-'))
  const { audit } = openAudit(recordIn(folder))
  await audit.append('start', {})
  let next = 0
  const took: number[] = []
  const cpu = process.cpuUsage()
  const begun = performance.now()
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (next++ < count) {
        const at = performance.now()
        await audit.append('write', fields)
        took.push(performance.now() - at)
      }
    })
  )
  const ms = performance.now() - begun
  const { user, system } = process.cpuUsage(cpu)
  took.sort((a, b) => a - b)
  const at = (share: number): string => (took[Math.floor(share * took.length)] ?? 0).toFixed(1)
  console.log(
    `${String(clients).padStart(4)} at once: ${Math.round((count / ms) * 1000)} entries/s, ` +
      `median ${at(0.5)} ms, p99 ${at(0.99)} ms, ${((user + system) / count).toFixed(0)} µs of CPU an entry`
  )
  await audit.close()
  rmSync(folder, { recursive: true })
}

// One at a time is what it would be without a shared sync.
for (const [clients, count] of [
  [1, 500],
  [8, 2000],
  [64, 10_000],
  [256, 20_000]
] as const)
  await measure(clients, count)
