import { request } from 'undici'
import { startSimulator } from '../../src/simulator/simulator.ts'

/** What is to be called, and how often. */
export interface Load {
  url: string
  token: string
  kind: 'writes' | 'reads'
  count: number
}

/** A simulated cluster and its callers in a process of their own, so that the bridge's CPU is counted alone. */
const simulator = await startSimulator({ nodes: 1, vms: 24, speed: 200 })
const vms = [...simulator.world.state.virDomains.values()]
for (const vm of vms) vm.tags = 'lab'

const atOnce = 8
let mark = 0

async function call({ url, token, kind }: Load, at: number): Promise<void> {
  const vmUUID = vms[at % vms.length]?.uuid
  const [tool, args] =
    kind === 'writes'
      ? ['updateVM', { vmUUID, description: `text ${mark++}`, wait: 0 }]
      : ['getVM_details', { vmUUID }]
  const { statusCode, body } = await request(`${url}/${tool}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(args)
  })
  const text = await body.text()
  if (statusCode !== 200) throw new Error(`${statusCode} ${text}`)
}

process.on('message', (load: Load) => {
  let next = 0
  const client = async (): Promise<void> => {
    for (let at = next++; at < load.count; at = next++) await call(load, at)
  }
  void Promise.all(Array.from({ length: atOnce }, client)).then(() => process.send?.('done'))
})
process.send?.({ urls: simulator.urls, fingerprints: simulator.fingerprints })
process.once('disconnect', () => process.exit())
