// npm run plans -- COUNT SEED
// Carries random plans out on the simulator, and compares what came with what was predicted.
import { checkRandomPlans } from './random-plans.ts'

const [count = '500', seed = '1'] = process.argv.slice(2)
const since = performance.now()
let shown = 0
const figures = await checkRandomPlans(Number(count), Number(seed), {
  told(done, { surprises }) {
    for (const each of surprises.slice(shown)) console.log(`SURPRISE ${each}`)
    shown = surprises.length
    if (done % 25 === 0) console.log(`${done} plans, ${surprises.length} surprises`)
  }
})
const { surprises, ...numbers } = figures
console.log({
  plans: Number(count),
  ...numbers,
  surprises: surprises.length,
  seconds: Math.round((performance.now() - since) / 1000)
})
process.exitCode = surprises.length === 0 ? 0 : 1
