/** Items of one list: as many as a call of the API may well name. */
export const maxItems = 1000

/** Keys of one object. */
export const maxKeys = 500

/** Values in all: what is checked and described one by one stays far below 100 ms. */
export const maxValues = 10_000

/**
 * What parsed JSON has too much of, to stand after its name; undefined where it is within the limits. To
 * be asked before anything walks it. Walks without recursion, and no further than the limits.
 */
export function sizeProblem(value: unknown): string | undefined {
  const open: unknown[] = [value]
  let values = 0
  while (open.length > 0) {
    const each = open.pop()
    if (typeof each !== 'object' || each === null) continue
    const isList = Array.isArray(each)
    const held: unknown[] = isList ? (each as unknown[]) : Object.values(each)
    if (isList && held.length > maxItems)
      return `has a list of ${held.length} items, more than ${maxItems}`
    if (!isList && held.length > maxKeys)
      return `has an object of ${held.length} keys, more than ${maxKeys}`
    values += held.length
    if (values > maxValues) return `holds more than ${maxValues} values`
    open.push(...held)
  }
  return undefined
}

export const isTooMuch = (value: unknown): boolean => sizeProblem(value) !== undefined
