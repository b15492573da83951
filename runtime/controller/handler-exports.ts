import { RuntimeError } from '../errors.ts'

/** The exports that the host calls. */
const HANDLER_EXPORTS = ['reconcile', 'finalize', 'deleted'] as const

/**
 * Throws HANDLER_LOAD_FAILED unless a module exports at least one function that the host calls, and nothing else under
 * those names, and a function for each of the `mappers` that the config names. `exports` has the `typeof` of each.
 */
export function assertExports(
  file: string,
  exports: Readonly<Record<string, string>>,
  mappers: readonly string[] = [],
): void {
  const wrong = HANDLER_EXPORTS.find((name) => (exports[name] ?? 'function') !== 'function')
  if (wrong !== undefined) fail(file, `its export "${wrong}" is of type ${exports[wrong]}, not a function`)
  const missing = mappers.find((name) => exports[name] !== 'function')
  if (missing !== undefined) fail(file, `it exports no function "${missing}", which "watches" names`)
  if (HANDLER_EXPORTS.some((name) => name in exports)) return
  const found = Object.keys(exports)
  const quoted = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ')
  const has = found.length === 0 ? '' : `${quoted(found)}, but `
  fail(file, `it exports ${has}none of ${quoted(HANDLER_EXPORTS)}`)
}

function fail(file: string, problem: string): never {
  const faults = [{ file, line: 1, column: 1, message: `Cannot use handler: ${problem}` }]
  throw new RuntimeError('HANDLER_LOAD_FAILED', `Cannot use handler "${file}": ${problem}`, { faults })
}
