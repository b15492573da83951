import { isMap, type Json, type JsonMap } from './json.ts'
import type { RawAnswer } from './run-case.ts'

/** An answer without what differs from run to run. Undefined parts are left out. */
export interface Answer {
  readonly status: number
  readonly contentType?: string
  readonly warnings?: readonly string[]
  readonly body?: Json
  readonly events?: readonly Json[]
}

/** What stands in answers as a whole or within a text, and is replaced wherever it is found. */
const VOLATILE: readonly (readonly [RegExp, string])[] = [
  [/eyJ[\w-]{10,}\.[\w-]+\.[\w-]+/g, '<jwt>'],
  [/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access-<suffix>'],
  [/\b(127\.0\.0\.1|localhost):\d{4,5}/g, '<address>'],
  [/\b10\.\d+\.\d+\.\d+\b(?!\/)/g, '<cluster-ip>'],
  [/-----BEGIN CERTIFICATE[\s\S]*/g, '<certificate>'],
  [/LS0tLS1CRUdJTi[\w+/=]*/g, '<certificate>'],
  [/(too old resource version: )\d+ \(\d+\)/g, '$1<old> (<now>)'],
  [/(in record )\(\d+\)/g, '$1(<now>)'],
  [/(resourceVersion\\*":\\*")\d+/g, '$1<version>'],
  // Where a name is refused, nothing says what it was made of: the cases' prefixes begin so.
  [/\b([Gg]en[-_])[a-z0-9]{5}\b/g, '$1<suffix>'],
  [/(Too large resource version: \d+, current: )\d+/g, '$1<now>'],
  [/\b(in )?\d+(\.\d+)?m?s\b(?= elapsed|$)/g, '$1<duration>'],
]
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/g
/** A time further from now was given by the case, and is compared. */
const NOW_WITHIN_MS = 2 * 24 * 3600 * 1000

/**
 * Masks the answers of one case together: uids are numbered as they appear, resource versions become their rank among
 * those of the case's objects, so that equality and order are still compared.
 */
export function maskAnswers(raw: readonly RawAnswer[]): Answer[] {
  const rank = rankVersions(raw)
  const uids = new Map<string, string>()
  const names = new Map<string, string>()
  const numberOf = (uid: string) => {
    if (!uids.has(uid)) uids.set(uid, `<uid ${uids.size + 1}>`)
    return uids.get(uid) as string
  }
  const text = (value: string): string => {
    let masked = value
    for (const [name, mask] of names) masked = masked.replaceAll(name, mask)
    masked = masked.replace(UUID, numberOf).replace(TIME, maskTime)
    for (const [pattern, mask] of VOLATILE) masked = masked.replace(pattern, mask)
    return masked
  }
  const value = (json: Json, key: string, managed: boolean, isList: boolean): Json => {
    if (typeof json === 'string') {
      if (key === 'resourceVersion') return isList ? listVersion(json, rank) : (rank.get(json) ?? json)
      if (key === 'serverAddress') return '<address>'
      return key === 'continue' && json !== '' ? '<continue>' : text(json)
    }
    if (typeof json === 'number' && key.endsWith('odePort')) return '<node port>'
    if (Array.isArray(json)) {
      if (key === 'cells') return json.map((cell) => (typeof cell === 'string' ? text(maskAge(cell)) : cell))
      const items = json.map((item) => value(item, '', managed, false))
      return key === 'managedFields' ? items.toSorted((a, b) => compare(managerOf(a), managerOf(b))) : items
    }
    if (!isMap(json)) return json
    noteGeneratedName(json, names)
    const keys = Object.keys(json)
      .toSorted()
      .filter((name) => managed || name !== 'managedFields')
    const list = isListLike(json)
    return Object.fromEntries(
      keys.map((name) => [text(name), value(json[name] as Json, name, managed, name === 'metadata' ? list : isList)]),
    )
  }
  return raw.map(({ step, status, contentType, warnings, body, events }) => {
    const managed = step.managed === true
    const order = step.unordered === true ? sortUnordered : (json: Json) => json
    const masked = (json: Json) => order(drop(value(json, '', managed, false), step.drop))
    if (step.quiet === true) {
      // For the numbering of what is seen here first.
      masked(body ?? null)
      return status < 400 ? { status } : { status, body: masked(body ?? null) }
    }
    return {
      status,
      ...(contentType === undefined ? {} : { contentType }),
      ...(warnings.length === 0 ? {} : { warnings: warnings.map(text) }),
      ...(body === undefined
        ? {}
        : { body: step.pick === undefined || status >= 400 ? masked(body) : pick(masked(body), step.pick) }),
      ...(events === undefined ? {} : { events: events.map((event) => maskEvent(event, masked, rank)) }),
    }
  })
}

function maskEvent(event: Json, masked: (json: Json) => Json, rank: ReadonlyMap<string, string>): Json {
  if (!isMap(event) || event.type !== 'BOOKMARK' || !isMap(event.object) || !isMap(event.object.metadata))
    return masked(event)
  const version = listVersion(String(event.object.metadata.resourceVersion), rank)
  const object = { ...event.object, metadata: { ...event.object.metadata, resourceVersion: version } }
  return masked({ ...event, object })
}

/** Version → `v1`, `v2`... in their order. */
function rankVersions(raw: readonly RawAnswer[]): Map<string, string> {
  const versions = new Set<string>()
  const visit = (json: Json | undefined): void => {
    if (Array.isArray(json)) for (const item of json) visit(item)
    if (!isMap(json)) return
    if (json.type === 'BOOKMARK') return
    for (const [key, item] of Object.entries(json)) if (!(key === 'metadata' && isListLike(json))) visit(item)
    const { resourceVersion } = json
    if (typeof resourceVersion === 'string' && /^\d+$/.test(resourceVersion)) versions.add(resourceVersion)
  }
  for (const { body, events } of raw) {
    visit(body)
    for (const event of events ?? []) visit(event)
  }
  return new Map(
    [...versions].toSorted((a, b) => Number(a) - Number(b)).map((version, index) => [version, `v${index + 1}`]),
  )
}

/** A list's version is the whole server's, which other cases move on: only what it is not older than counts. */
function listVersion(version: string, rank: ReadonlyMap<string, string>): string {
  if (!/^\d+$/.test(version) || version === '0') return version
  const known = [...rank].filter(([other]) => Number(other) <= Number(version))
  return `>=${known.at(-1)?.[1] ?? 'v0'}`
}

function isListLike(json: JsonMap): boolean {
  return Array.isArray(json.items) || Array.isArray(json.rows) || json.kind === 'Table'
}

function noteGeneratedName(json: JsonMap, names: Map<string, string>): void {
  const { generateName, name } = json
  if (typeof generateName !== 'string' || typeof name !== 'string' || !name.startsWith(generateName)) return
  if (/^[a-z0-9]{5}$/.test(name.slice(generateName.length))) names.set(name, `${generateName}<suffix>`)
}

function maskTime(time: string, fraction: string | undefined, zone: string): string {
  if (Math.abs(Date.parse(time) - Date.now()) > NOW_WITHIN_MS) return time
  return `<time${fraction === undefined ? '' : `.${fraction.length - 1}`}${zone}>`
}

function maskAge(cell: string): string {
  return cell.replace(/^(\d+m)?\d+s( ago)?$/, '<age>')
}

function drop(json: Json, fields: readonly string[] = []): Json {
  if (fields.length === 0) return json
  if (Array.isArray(json)) return json.map((item) => drop(item, fields))
  if (!isMap(json)) return json
  const kept = Object.entries(json).filter(([key]) => !fields.includes(key))
  return Object.fromEntries(kept.map(([key, item]) => [key, drop(item, fields)]))
}

/** What the real server takes from maps, or several of its controllers write, comes in any order. */
const UNORDERED = ['causes', 'conditions', 'resourceRules', 'nonResourceRules', 'nonResourceURLs']

function sortUnordered(json: Json): Json {
  if (Array.isArray(json)) return json.map(sortUnordered)
  if (!isMap(json)) return json
  const entries = Object.entries(json).map(([key, item]) => {
    const sorted = sortUnordered(item)
    if (!Array.isArray(sorted) || !UNORDERED.includes(key)) return [key, sorted] as const
    return [key, sorted.toSorted((a, b) => compare(JSON.stringify(a), JSON.stringify(b)))] as const
  })
  const result: JsonMap = Object.fromEntries(entries)
  // The message of several faults lists them in that order too.
  const causes = isMap(result.details) ? result.details.causes : undefined
  return Array.isArray(causes) && causes.length > 1 ? { ...result, message: '<several>' } : result
}

function pick(json: Json, paths: readonly string[]): Json {
  return Object.fromEntries(paths.map((path) => [path, at(json, path.split('/')) ?? null]))
}

/** What is at the path; an array is entered by index or, by `KEY=VALUE`, at its first element with that (also in its metadata). */
export function at(json: Json | undefined, path: readonly string[]): Json | undefined {
  const [key, ...rest] = path
  if (key === undefined || json === undefined) return json
  if (Array.isArray(json)) {
    const [name = '', wanted] = key.split('=')
    const isWanted = (item: Json) =>
      isMap(item) && (item[name] ?? (isMap(item.metadata) && item.metadata[name])) === wanted
    return at(wanted === undefined ? json[Number(key)] : json.find(isWanted), rest)
  }
  return isMap(json) ? at(json[key], rest) : undefined
}

/** Entries made in different seconds are sorted by time: not to be relied on. */
function managerOf(entry: Json): string {
  return isMap(entry) ? `${entry.operation} ${entry.subresource ?? ''} ${entry.manager}` : ''
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
