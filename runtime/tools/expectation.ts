/** What is left of an expected value when looking for it in a real one: nothing, or what is missing. */

/**
 * Whether `actual` has all that `expected` says: objects may have more fields, a list must have an item for each expected one,
 * in any order, `null` stands for a field that is absent, everything else must be equal.
 * out: the first difference, as `status.observed.port: expected 8080, found 8081`; undefined when there is none
 */
export function differenceFrom(expected: unknown, actual: unknown, path = ''): string | undefined {
  if (expected === null) return isAbsent(actual) ? undefined : say(path, 'nothing', actual)
  if (Array.isArray(expected)) return differenceInList(expected, actual, path)
  if (typeof expected === 'object') return differenceInObject(expected as object, actual, path)
  return expected === actual ? undefined : say(path, show(expected), actual)
}

function differenceInObject(expected: object, actual: unknown, path: string): string | undefined {
  if (typeof actual !== 'object' || actual === null || Array.isArray(actual)) return say(path, 'an object', actual)
  for (const [name, value] of Object.entries(expected)) {
    const inside = path === '' ? name : `${path}.${name}`
    const difference = differenceFrom(value, (actual as Record<string, unknown>)[name], inside)
    if (difference !== undefined) return difference
  }
  return undefined
}

/** Each expected item takes one that no other one took. */
function differenceInList(expected: readonly unknown[], actual: unknown, path: string): string | undefined {
  if (!Array.isArray(actual)) return say(path, 'a list', actual)
  const left = [...actual]
  for (const [index, item] of expected.entries()) {
    const found = left.findIndex((candidate) => differenceFrom(item, candidate) === undefined)
    if (found === -1) return say(`${path}[${index}]`, show(item), actual)
    left.splice(found, 1)
  }
  return undefined
}

/** Of several that all differ the one that was probably meant: that has most of the values expected. */
export function mostLike<T>(expected: unknown, candidates: readonly T[]): T | undefined {
  const rated = candidates.map((candidate) => ({ candidate, likeness: likeness(expected, candidate) }))
  return rated.toSorted((a, b) => b.likeness - a.likeness)[0]?.candidate
}

function likeness(expected: unknown, actual: unknown): number {
  if (typeof expected !== 'object' || expected === null || Array.isArray(expected))
    return differenceFrom(expected, actual) === undefined ? 1 : 0
  const entries = Object.entries(expected)
  const inside = (typeof actual === 'object' && actual !== null ? actual : {}) as Record<string, unknown>
  return entries.reduce((sum, [name, value]) => sum + likeness(value, inside[name]), 0)
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null
}

function say(path: string, expected: string, actual: unknown): string {
  return `${path || 'the object'}: expected ${expected}, found ${actual === undefined ? 'nothing' : show(actual)}`
}

/** A list of pods would fill the screen. */
const MAX_SHOWN = 300

function show(value: unknown): string {
  const text = JSON.stringify(value)
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
}
