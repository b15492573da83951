import { isDeepStrictEqual } from 'node:util'
import type { Fault } from '../errors.ts'
import { sentence } from './check.ts'
import { show } from './option.ts'
import { type Path, type Source, valueAt } from './source.ts'

/** What members of a group must have in common: code that breaks out of one can do what the others may. */
const RIGHTS = ['allow', 'as'] as const

interface Entry {
  readonly path: Path
  readonly name: unknown
}

/**
 * Members of an isolation group that have other rights than the first of them; each fault stands where the rights do, and names both.
 * It reads the file as it stands, as all rules do (see rules.ts).
 */
export function groupFaults(source: Source): Fault[] {
  const firsts = new Map<string, Entry>()
  const controllers = valueAt(source.value, ['controllers'])
  const count = Array.isArray(controllers) ? controllers.length : 0
  return Array.from({ length: count }, (_, index) => ['controllers', index]).flatMap((path) => {
    const group = groupOf(source, path)
    if (group === undefined) return []
    const entry = { path, name: valueAt(source.value, [...path, 'name']) }
    const first = firsts.get(group)
    if (first !== undefined) return RIGHTS.flatMap((key) => differences(source, key, group, first, entry))
    firsts.set(group, entry)
    return []
  })
}

function groupOf(source: Source, path: Path): string | undefined {
  const isolation = optionAt(source, path, 'isolation')
  const group = valueAt(isolation, ['group'])
  return typeof group === 'string' ? group : undefined
}

function differences(source: Source, key: (typeof RIGHTS)[number], group: string, first: Entry, entry: Entry): Fault[] {
  const [theirs, own] = [first, entry].map(({ path }) => rightsOf(source, path, key))
  if (isDeepStrictEqual(theirs, own)) return []
  const place = source.placeOf([...first.path, key])
  const other = `that of ${show(first.name)} on line ${place.line}, column ${place.column}`
  const of = typeof entry.name === 'string' ? ` of ${show(entry.name)}` : ''
  const path = [...entry.path, key]
  const predicate = `${of.trim()} is not ${other}, and both are in the isolation group ${show(group)}`.trim()
  return [source.fault(path, sentence(path, `${predicate}: make them equal, or give one a process of its own`))]
}

function rightsOf(source: Source, path: Path, key: (typeof RIGHTS)[number]): unknown {
  const value = optionAt(source, path, key)
  if (key !== 'allow') return value
  const namespaces = optionAt(source, path, 'namespaces')
  const entries = Array.isArray(value) ? value : []
  return entries.map((entry) => JSON.stringify(normal(withNamespaces(entry, namespaces)))).toSorted()
}

/** What an entry leaves out is the controller's own. */
function withNamespaces(entry: unknown, namespaces: unknown): unknown {
  if (typeof entry !== 'object' || entry === null || !('for' in entry)) return entry
  return { namespaces, ...entry }
}

/** The same text for what means the same: neither the order of keys nor that of lists counts. */
function normal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normal).toSorted()
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, inner]) => [key, normal(inner)] as const)
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** The controller's, else the default for all. */
function optionAt(source: Source, path: Path, key: string): unknown {
  return valueAt(source.value, [...path, key]) ?? valueAt(source.value, ['defaults', key])
}
