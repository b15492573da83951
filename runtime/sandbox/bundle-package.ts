import { dirname, join } from 'node:path'
import { type Boundary, isInside, locate, readInside } from './bundle-boundary.ts'

/** What resolution needs of a package.json; fields of a wrong type are left out. */
export interface PackageJson {
  readonly folder: string
  readonly file: string
  readonly name: string | undefined
  /** Entry files in order of preference: `browser`, `module`, `main`. */
  readonly mains: readonly string[]
  /** `browser` as a map: a specifier or file to what stands in for it; false for nothing. */
  readonly browser: Readonly<Record<string, unknown>>
  readonly exports: unknown
  readonly imports: unknown
  /** False when an import whose names go unused may be dropped. */
  readonly sideEffects: boolean
}

export type FoundPackage = PackageJson | { readonly refused: string } | undefined

/** The conditions that hold in the guest: standard globals, no Node.js. `import` or `require` joins them. */
const CONDITIONS = ['worker', 'browser', 'module', 'default']

/** Reads a folder's package.json; `refused` when there is one that may not or cannot be read. */
export async function readPackage(boundary: Boundary, folder: string): Promise<FoundPackage> {
  const file = join(folder, 'package.json')
  const place = await locate(boundary, file)
  if (place.kind === 'missing' || place.kind === 'folder') return undefined
  if (place.kind === 'outside') return { refused: `${quote(file)} lies outside the allowed folders` }
  const read = place.kind === 'unreadable' ? place : await readInside(boundary, place.real)
  if (read.kind === 'unreadable') return { refused: `cannot read ${quote(file)}: ${read.reason}` }
  // The parser's message would quote the text.
  return parsePackage(folder, file, read.text) ?? { refused: `${quote(file)} is not a JSON object` }
}

/** The nearest package.json above a path, as far up as the boundary goes. */
export async function nearestPackage(
  boundary: Boundary,
  path: string,
  read: (folder: string) => Promise<FoundPackage>,
): Promise<FoundPackage> {
  for (let at = dirname(path); isInside(boundary, at); at = dirname(at)) {
    const found = await read(at)
    if (found !== undefined) return found
  }
  return undefined
}

/**
 * The target of a subpath in `exports` (`.`, `./sub`) or `imports` (`#name`).
 * returns: undefined when nothing matches or the match is null
 * source:  Node.js, "Determining package entry points", PACKAGE_IMPORTS_EXPORTS_RESOLVE
 */
export function matchSubpath(map: unknown, subpath: string, kind: 'import' | 'require'): string | undefined {
  const conditions = new Set([kind, ...CONDITIONS])
  const entries = isRecord(map) && isSubpathMap(map) ? map : { '.': map }
  if (Object.hasOwn(entries, subpath) && !subpath.includes('*')) return pickTarget(entries[subpath], '', conditions)
  for (const pattern of Object.keys(entries).sort(bySpecificity)) {
    const wildcard = matchWildcard(pattern, subpath)
    if (wildcard !== undefined) return pickTarget(entries[pattern], wildcard, conditions)
  }
  return undefined
}

const isSubpathMap = (map: Record<string, unknown>) => Object.keys(map).some((key) => /^[.#]/.test(key))

const bySpecificity = (a: string, b: string) => b.indexOf('*') - a.indexOf('*') || b.length - a.length

function matchWildcard(pattern: string, subpath: string): string | undefined {
  const star = pattern.indexOf('*')
  if (star === -1) return undefined
  const [before, after] = [pattern.slice(0, star), pattern.slice(star + 1)]
  const fits = subpath.startsWith(before) && subpath.endsWith(after) && subpath.length > before.length + after.length
  return fits ? subpath.slice(before.length, subpath.length - after.length) : undefined
}

function pickTarget(target: unknown, wildcard: string, conditions: ReadonlySet<string>): string | undefined {
  // Every star is replaced, so both texts are bounded.
  if (typeof target === 'string') return target.length > 1_024 ? undefined : target.replaceAll('*', () => wildcard)
  const candidates = Array.isArray(target)
    ? target
    : Object.entries(isRecord(target) ? target : {}).flatMap(([key, value]) => (conditions.has(key) ? [value] : []))
  for (const candidate of candidates) {
    const picked = pickTarget(candidate, wildcard, conditions)
    if (picked !== undefined) return picked
  }
  return undefined
}

function parsePackage(folder: string, file: string, text: string): PackageJson | undefined {
  const json = parseObject(text)
  if (json === undefined) return undefined
  const { name, main, module, browser, exports, imports, sideEffects } = json
  return {
    folder,
    file,
    name: typeof name === 'string' ? name : undefined,
    mains: [browser, module, main].filter((entry): entry is string => typeof entry === 'string' && entry !== ''),
    browser: isRecord(browser) ? browser : {},
    exports: exports ?? undefined,
    imports: imports ?? undefined,
    sideEffects: sideEffects !== false,
  }
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(text)
    return isRecord(json) ? json : undefined
  } catch {
    return undefined
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const quote = (text: string) => JSON.stringify(text)
