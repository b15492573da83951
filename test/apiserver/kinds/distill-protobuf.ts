/**
 * Writes runtime/apiserver/kinds/protobuf.json: the field numbers of the built-in kinds, which no API server tells, from the Go
 * types that its messages are generated from.
 * run:  node test/apiserver/kinds/distill-protobuf.ts   (a part of `npm run kinds`)
 *
 * One line a field: `name type`. A type is string, int, bool, double, bytes, one of SPECIAL, or a message; `[]` before it: repeated,
 * `map:`: by a text, `?` behind it: zero is told from absent. The name `.` is a field whose own fields stand in its place.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createBuiltInRegistry } from '../../../runtime/apiserver/kinds/load.ts'
import { strategyOf } from '../../../runtime/apiserver/kinds/strategies/strategy-of.ts'
import { goModuleFolder } from '../go-modules.ts'

/** Types that have a form of their own in JSON, by package and name. */
const SPECIAL: Readonly<Record<string, string>> = {
  'metav1.Time': 'time',
  'metav1.MicroTime': 'microTime',
  'metav1.Duration': 'duration',
  'metav1.FieldsV1': 'fields',
  'resource.Quantity': 'quantity',
  'intstr.IntOrString': 'intOrString',
  'runtime.RawExtension': 'raw',
}

interface GoPackage {
  /** `apps/v1` */
  readonly name: string
  readonly structs: ReadonlyMap<string, readonly string[]>
  /** Other named types: what they stand for. */
  readonly named: ReadonlyMap<string, string>
  /** What a prefix in this package's files stands for. */
  readonly imports: ReadonlyMap<string, string>
}

const packages = new Map<string, GoPackage>()
const messages: Record<string, Record<string, string>> = {}

function packageOf(name: string): GoPackage {
  const known = packages.get(name)
  if (known !== undefined) return known
  const path =
    name === 'meta/v1' ? join(goModuleFolder('apimachinery'), 'pkg/apis/meta/v1') : join(goModuleFolder('api'), name)
  const text = readdirSync(path)
    .filter((file) => file.endsWith('.go') && !/^(generated|zz_)|_test\.go$/.test(file))
    .map((file) => readFileSync(join(path, file), 'utf8'))
    .join('\n')
  const structs = new Map<string, readonly string[]>()
  for (const [, type = '', body = ''] of text.matchAll(/^type (\w+) struct \{\n([\s\S]*?)^\}/gm))
    structs.set(type, body.split('\n'))
  const named = new Map<string, string>()
  for (const [, type = '', base = ''] of text.matchAll(/^type (\w+) ((?:\[\]|map\[)?[\w.\]]+)$/gm))
    named.set(type, base)
  for (const [, type = '', base = ''] of text.matchAll(/^\t(\w+) (string|int32)$/gm))
    if (!named.has(type)) named.set(type, base)
  const imports = new Map<string, string>()
  for (const [, alias = '', path = ''] of text.matchAll(
    /^\s*(\w+) "k8s\.io\/(?:api|apimachinery\/pkg\/apis)\/([\w/]+)"$/gm,
  ))
    imports.set(alias, path)
  const found: GoPackage = { name, structs, named, imports }
  packages.set(name, found)
  return found
}

/** The message of a struct, and all that it refers to. */
function addMessage(owner: GoPackage, type: string): string {
  const id = `${owner.name}.${type}`
  if (messages[id] !== undefined) return id
  const fields: Record<string, string> = {}
  messages[id] = fields
  for (const line of owner.structs.get(type) ?? []) {
    const match =
      /^\t(?:(\w+)\s+)?(\*?(?:\[\]|map\[[\w.]+\])?\*?[\w.[\]]+)\s+`(?:json:"([^"]*)")\s*(?:[^`]*?)protobuf:"(\w+),(\d+),[^"]*?name=([\w$-]+)/.exec(
        line,
      )
    if (match === null) continue
    const [, , goType = '', json = '', wire = '', number = ''] = match
    const [name, ...options] = json.split(',')
    const isInline = options.includes('inline')
    fields[number] = `${isInline ? '.' : name} ${typeOf(owner, goType, wire)}`
  }
  return id
}

function typeOf(owner: GoPackage, goType: string, wire: string): string {
  if (goType.startsWith('*')) {
    const type = typeOf(owner, goType.slice(1), wire)
    return type.includes('.') || type.startsWith('[') ? type : `${type}?`
  }
  if (goType === '[]byte') return 'bytes'
  if (goType.startsWith('[]')) return `[]${typeOf(owner, goType.slice(2), wire).replace('?', '')}`
  if (goType.startsWith('map[')) return `map:${typeOf(owner, goType.slice(goType.indexOf(']') + 1), wire)}`
  const scalar = scalarOf(goType)
  if (scalar !== undefined) return scalar
  const [prefix, name] = goType.includes('.') ? (goType.split('.') as [string, string]) : [undefined, goType]
  const home = prefix === undefined ? owner : importedBy(owner, prefix)
  const special = SPECIAL[`${prefix ?? (owner.name === 'meta/v1' ? 'metav1' : '')}.${name}`]
  if (special !== undefined) return special
  if (home === undefined) {
    if (prefix === 'types') return 'string'
    throw new Error(`${owner.name}: ${goType} is of an unknown package`)
  }
  if (home.structs.has(name)) return addMessage(home, name)
  const base = home.named.get(name)
  if (base === undefined) throw new Error(`${home.name}: ${name} is no known type`)
  // A named list is a message of its own, with one field.
  if (base.startsWith('[]')) return `list:${typeOf(home, base.slice(2), wire)}`
  return typeOf(home, base, wire)
}

function scalarOf(goType: string): string | undefined {
  if (goType === 'string' || goType === 'bool') return goType
  if (/^u?int\d*$/.test(goType)) return 'int'
  return /^float\d+$/.test(goType) ? 'double' : undefined
}

function importedBy(owner: GoPackage, prefix: string): GoPackage | undefined {
  if (prefix === 'metav1') return packageOf('meta/v1')
  const path = owner.imports.get(prefix) ?? { v1: 'core/v1', corev1: 'core/v1' }[prefix]
  return path === undefined ? undefined : packageOf(path)
}

/** `rbac.authorization.k8s.io` is the folder rbac. */
const folderOf = (group: string) => (group === '' ? 'core' : (group.split('.')[0] as string))

const skipped = new Set(['apiextensions.k8s.io', 'apiregistration.k8s.io'])
for (const { group, version, kind, subresources } of createBuiltInRegistry(strategyOf).list()) {
  if (skipped.has(group)) continue
  const owner = packageOf(`${folderOf(group)}/${version}`)
  if (owner.structs.has(kind)) addMessage(owner, kind)
  for (const { group: subGroup = group, version: subVersion = version, kind: subKind } of subresources.values()) {
    const sub = packageOf(`${folderOf(subGroup)}/${subVersion}`)
    if (sub.structs.has(subKind)) addMessage(sub, subKind)
  }
}
for (const kind of ['DeleteOptions', 'CreateOptions', 'PatchOptions', 'UpdateOptions'])
  addMessage(packageOf('meta/v1'), kind)

const file = join(import.meta.dirname, '../../../runtime/apiserver/kinds/protobuf.json')
const lines = Object.entries(messages)
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([name, fields]) => `${JSON.stringify(name)}:${JSON.stringify(fields)}`)
writeFileSync(file, `{\n${lines.join(',\n')}\n}\n`)
console.log(`${lines.length} messages`)
