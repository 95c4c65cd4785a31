/** A line for people, which the reporter of the tests leaves as it is. */
export const summary = (line: string): void => void process.stderr.write(`${line}\n`)
