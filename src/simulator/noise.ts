import { Random } from './random.ts'

const windowMs = 10_000

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return value >>> 0
}

/**
 * A number from -1 to 1 that stays the same for ten seconds, as long as the cluster keeps its figures
 * (FACTS 10, O), and is the same for the same seed, name and moment.
 */
export function noise(seed: number, name: string, nowMs: number): number {
  const window = Math.floor(nowMs / windowMs)
  return new Random(hash(`${seed} ${name} ${window}`)).next() * 2 - 1
}
