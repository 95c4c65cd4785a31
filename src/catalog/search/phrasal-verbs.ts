const verbs = new Set(
  (
    'turn turned switch switched shut bring brought power powered log logged sign signed roll rolled take taken ' +
    'throw spin spun back boot fire start write hook set cut pull put move tear wind'
  ).split(' ')
)
const particles = new Set(['on', 'off', 'up', 'down', 'out', 'back', 'away'])

/** Most words between a verb and its particle: `turn the old web server off` has four. */
const maxBetween = 4

/**
 * Brings a verb and its particle together: `turn the vm off` and `bring it back up` read as `turn off
 * the vm` and `bring up it`, because only together they mean something.
 */
export function joinPhrasalVerbs(words: readonly string[]): readonly string[] {
  if (!words.some((word) => particles.has(word))) return words
  const joined: string[] = []
  const taken = new Set<number>()
  for (const [at, word] of words.entries()) {
    if (taken.has(at)) continue
    joined.push(word)
    if (!verbs.has(word)) continue
    let particle = -1
    for (let next = at + 1; next <= at + maxBetween + 1 && next < words.length; next += 1) {
      const candidate = words[next] ?? ''
      if (verbs.has(candidate) && !particles.has(candidate)) break
      if (!particles.has(candidate)) continue
      // `on` before a name is a place: `put a disk on the SSD tier`.
      if (candidate === 'on' && next > at + 1 && next < words.length - 1) continue
      particle = next
      if (!particles.has(words[next + 1] ?? '')) break
    }
    if (particle === -1) continue
    taken.add(particle)
    if (words[particle - 1] === 'back' && particle - 1 > at) taken.add(particle - 1)
    joined.push(words[particle] ?? '')
  }
  return joined
}
