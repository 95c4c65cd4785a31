/** Waits for something that happens elsewhere; throws if it does not within `waitMs`. */
export async function until(happened: () => boolean, waitMs = 2000): Promise<void> {
  const end = Date.now() + waitMs
  while (!happened()) {
    if (Date.now() > end) throw new Error(`Did not happen within ${waitMs} ms: ${happened}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}
