/** What stands at a path of an object; undefined where there is nothing, or null. */
export function readField(value: unknown, ...path: readonly (string | number)[]): unknown {
  let current = value
  for (const key of path) {
    if (typeof current !== 'object' || current === null) return undefined
    current = (current as Record<string | number, unknown>)[key]
  }
  return current ?? undefined
}

/** A string; empty where there is none. */
export function readText(value: unknown, ...path: readonly (string | number)[]): string {
  const found = readField(value, ...path)
  return typeof found === 'string' ? found : found === undefined ? '' : String(found)
}

/** A number; 0 where there is none. */
export function readCount(value: unknown, ...path: readonly (string | number)[]): number {
  const found = readField(value, ...path)
  return typeof found === 'number' ? found : 0
}

/** A list; empty where there is none. */
export function readList(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = readField(value, ...path)
  return Array.isArray(found) ? found : []
}

/** How many entries a map has. */
export function readSize(value: unknown, ...path: readonly (string | number)[]): number {
  const found = readField(value, ...path)
  return typeof found === 'object' && found !== null ? Object.keys(found).length : 0
}

/** The condition of that type. */
export function findCondition(conditions: readonly unknown[], type: string): unknown {
  return conditions.find((each) => readField(each, 'type') === type)
}
