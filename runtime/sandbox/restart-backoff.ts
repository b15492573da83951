const FIRST_MS = 1_000
const LONGEST_MS = 5 * 60_000

/** How long to wait before a process is started again: at once the first time, then 1 s, doubling to 5 min. */
export function restartDelayMs(failuresInRow: number): number {
  return failuresInRow === 0 ? 0 : Math.min(FIRST_MS * 2 ** (failuresInRow - 1), LONGEST_MS)
}
