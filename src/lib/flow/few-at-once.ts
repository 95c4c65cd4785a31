/** Does something with each of some items, with this many at once at most. */
export async function fewAtOnce<T>(
  items: Iterable<T>,
  max: number,
  work: (item: T) => Promise<void>
): Promise<void> {
  const left = items[Symbol.iterator]()
  const workOn = async (): Promise<void> => {
    for (let next = left.next(); next.done !== true; next = left.next()) await work(next.value)
  }
  await Promise.all(Array.from({ length: max }, workOn))
}
