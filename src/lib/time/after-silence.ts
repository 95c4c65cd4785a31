/**
 * Calls back after `ms` of silence, once what came in the meantime has been taken in. A process that
 * was blocked finds its timers due before it reads what has long arrived, and would take its own
 * delay for the silence of the other side.
 * @returns what ends the wait without a call
 */
export function afterSilence(ms: number, callback: () => void): () => void {
  let turn: NodeJS.Immediate | undefined
  // Immediates run after input and output.
  const timer = setTimeout(() => (turn = setImmediate(callback)), ms)
  return () => {
    clearTimeout(timer)
    clearImmediate(turn)
  }
}
