import t from 'tap'
import { MemoryStore, SharedMemory } from '../../../src/store/memory-store.ts'
import { storeContract } from './contract.ts'

t.test('the contract', async (t) => {
  const memory = new SharedMemory()
  await storeContract(t, () => new MemoryStore(memory))
})
