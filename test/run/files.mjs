import t from 'tap'

// A file waits long on a slow machine, but not for ever.
const timeout = 300_000

const tests = new Map()

/** What a test file gets as `tap`, when it shares its process with others. */
export const testOf = (file) => tests.get(file)

/** Runs test files one after another, each as a subtest that ends, and tears down, with the file. */
export async function runFiles(files) {
  for (const [name, load] of Object.entries(files))
    await t.test(name, { timeout }, async (t) => {
      tests.set(name, t)
      await load()
    })
}
