/**
 * How a summary begins that is a sentence of its own: `STOP cuts the power`, `the data of a VM leaves the
 * cluster`, `vlan moves a VM`, `what it does is not known`.
 */
const clause =
  /^(?:[A-Z]{2}|an? |the |no |alerts\b|metrics\b|what |[\w.]+: |[\w.]+ (?:is|sets|changes|moves|replaces|takes|loses)\b)/

/** A verb as the catalog has it: `deletes`, `copies`, `switches`. */
const thirdPerson = /^([a-z]+?)(ies|(?<=ch|sh|x|ss)es|(?<!s)s)(?= )/

const ends: Readonly<Record<string, string>> = { ies: 'y', es: '', s: '' }

/**
 * A summary as a sentence about a call that was not sent. What a request does comes from the catalog, in the
 * third person or as a sentence of its own; the steps of a sequence are said in the infinitive.
 */
export function itWould(summary: string): string {
  if (clause.test(summary)) return `It would have this effect: ${summary}`
  const words = summary.replace(/^[A-Z](?=[a-z])/, (first) => first.toLowerCase())
  return `It would: ${words.replace(thirdPerson, (_all, stem: string, end: string) => stem + (ends[end] ?? ''))}`
}
