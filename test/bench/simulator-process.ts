import { startSimulator } from '../../src/simulator/simulator.ts'

/** A simulated cluster in a process of its own, so that its code is not counted as the bridge's. */
const simulator = await startSimulator({ speed: 50 })
const names = [...simulator.world.state.virDomains.values()]
  .filter(({ state }) => state === 'RUNNING')
  .map(({ name }) => name)
process.send?.({ urls: simulator.urls, fingerprints: simulator.fingerprints, running: names })
process.once('disconnect', () => void simulator.close())
