import { Script } from 'node:vm'

/** As long as one object's patterns and rules may take; kube-apiserver's cost limits stand for about a second. */
export const MAX_EVALUATION_MS = 3000

const WORK = Symbol.for('ostler.boundedEvaluation')
const script = new Script(`globalThis[Symbol.for(${JSON.stringify(Symbol.keyFor(WORK))})]()`)
const holder = globalThis as unknown as Record<symbol, (() => unknown) | undefined>

/**
 * Runs what works through expressions that clients wrote, as they can take for ever: a regular expression that backtracks, a
 * rule with loops in loops. What is cut off runs none of its own handlers (catch, finally), so it must keep no state.
 * returns: undefined when it took longer; the whole server waits meanwhile
 */
export function evaluateBounded<Result>(work: () => Result, maxMs = MAX_EVALUATION_MS): Result | undefined {
  const outer = holder[WORK]
  holder[WORK] = work
  try {
    return script.runInThisContext({ timeout: maxMs }) as Result
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined
    throw error
  } finally {
    holder[WORK] = outer
  }
}
