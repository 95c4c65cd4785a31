import t from 'tap'

// A file waits long on a slow machine, but not for ever: a third of what its process may take.
const timeout = (Number(process.env.TAP_TIMEOUT ?? 900) * 1000) / 3

const tests = new Map()

/** What a test file gets as `tap`, when it shares its process with others. */
export const testOf = (file) => tests.get(file)

/**
 * Runs test files one after another, each as a subtest that ends, and tears down, with the file. What it
 * took of the processor stands after it, without the programs that it started.
 */
export async function runFiles(files) {
  for (const [name, load] of Object.entries(files)) {
    const before = process.cpuUsage()
    await t.test(name, { timeout }, async (t) => {
      tests.set(name, t)
      await load()
    })
    const { user, system } = process.cpuUsage(before)
    t.comment(`${name}: ${((user + system) / 1e6).toFixed(1)} s of processor`)
  }
}
