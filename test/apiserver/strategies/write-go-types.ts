import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { goModuleFolder } from '../go-modules.ts'

/**
 * Writes runtime/apiserver/kinds/strategies/go-types.json from the Go modules k8s.io/api, apimachinery, kube-aggregator and apiextensions-apiserver:
 * what OpenAPI leaves out, namely which fields are pointers (a zero is kept), which are written even when empty, and
 * what Go calls a field's type in its messages.
 *   node test/apiserver/strategies/write-go-types.ts   (a part of `npm run kinds`)
 */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  api: [
    'core/v1',
    'apps/v1',
    'batch/v1',
    'autoscaling/v1',
    'autoscaling/v2',
    'networking/v1',
    'policy/v1',
    'rbac/v1',
    'storage/v1',
    'scheduling/v1',
    'discovery/v1',
    'coordination/v1',
    'events/v1',
    'node/v1',
    'admissionregistration/v1',
    'certificates/v1',
    'flowcontrol/v1',
    'resource/v1',
  ],
  apimachinery: ['pkg/apis/meta/v1'],
  'kube-aggregator': ['pkg/apis/apiregistration/v1'],
  'apiextensions-apiserver': ['pkg/apis/apiextensions/v1'],
}

/** Types that have their own JSON form. */
const SPECIAL: Readonly<Record<string, string>> = {
  'resource.Quantity': 'Quantity',
  'intstr.IntOrString': 'IntOrString',
  'metav1.Time': 'Time',
  'metav1.MicroTime': 'MicroTime',
  'metav1.Duration': 'string',
  'metav1.FieldsV1': 'any',
  'runtime.RawExtension': 'any',
  'runtime.Object': 'any',
  'types.UID': 'string',
  'types.NodeName': 'string',
  '[]byte': 'bytes',
  JSON: 'any',
  CustomResourceSubresourceStatus: 'any',
  JSONSchemaPropsOrArray: 'schemaOrOther',
  JSONSchemaPropsOrBool: 'schemaOrOther',
  JSONSchemaPropsOrStringArray: 'schemaOrOther',
}

const structs: Record<string, Record<string, string>> = {}
const names: Record<string, string> = {}
/** Fields without a name of their own: the struct's fields are this one's. */
const inlined: Record<string, string[]> = {}

for (const [module, packages] of Object.entries(PACKAGES)) {
  for (const path of packages) readPackage(join(goModuleFolder(module), path), shortName(path))
}
for (const id of Object.keys(inlined)) inline(id)
const reachable = reach()
const target = new URL('../../../runtime/apiserver/kinds/strategies/go-types.json', import.meta.url)
writeFileSync(target, `${formatTable(reachable)}\n`)

function shortName(path: string): string {
  return path.replace('pkg/apis/', '').replace(/^meta\/v1$/, 'meta')
}

function readPackage(folder: string, name: string): void {
  for (const file of readdirSync(folder)) {
    if (file.endsWith('.go') && !file.startsWith('zz_') && !file.endsWith('_test.go') && file !== 'generated.pb.go')
      readSource(readFileSync(join(folder, file), 'utf8'), name)
  }
}

function readSource(source: string, name: string): void {
  const imports = new Map(
    [...source.matchAll(/^(?:\s+|import )(\w+) "k8s\.io\/([^"]+)"/gm)].map((m) => [m[1] as string, m[2] as string]),
  )
  for (const [, type, body] of source.matchAll(/^type (\w+) struct \{\n([\s\S]*?)^\}/gm)) {
    const fields: Record<string, string> = {}
    for (const line of (body as string).split('\n')) readField(line, fields, `${name}.${type}`, name, imports)
    structs[`${name}.${type}`] = fields
  }
  for (const [, type, under] of source.matchAll(/^type (\w+) ((?:string|bool|int32|int64|map\[|\[\])\S*)$/gm))
    names[`${name}.${type}`] = resolve(under as string, name, imports)
}

function readField(
  line: string,
  fields: Record<string, string>,
  id: string,
  name: string,
  imports: ReadonlyMap<string, string>,
): void {
  const match = /^\t(?:(\w+)\s+)?([\w.*[\]]+)\s+`.*?json:"([^"]*)"/.exec(line)
  if (match === null) return
  const [, , type = '', tag = ''] = match
  const [json = '', ...options] = tag.split(',')
  if (json === '-') return
  if (options.includes('inline') || json === '') {
    inlined[id] = [...(inlined[id] ?? []), resolve(type, name, imports)]
    // Where Go has it: its fields come between the others.
    fields[`>${resolve(type, name, imports)}`] = ''
    return
  }
  const always = options.includes('omitempty') || options.includes('omitzero') ? '' : '!'
  const zero = options.includes('omitzero') ? '?' : ''
  fields[json] = `${always}${zero}${resolve(type, name, imports)}`
}

function resolve(type: string, name: string, imports: ReadonlyMap<string, string>): string {
  const special = SPECIAL[type.replace(/^v1\.(Time|MicroTime|Duration)$/, 'metav1.$1')]
  if (special !== undefined) return special
  if (type.startsWith('*')) return `*${resolve(type.slice(1), name, imports)}`
  if (type.startsWith('[]')) return `[]${resolve(type.slice(2), name, imports)}`
  const map = /^map\[[\w.]+\](.*)$/.exec(type)
  if (map !== null) return `map[]${resolve(map[1] as string, name, imports)}`
  if (/^(string|bool|int|int32|int64|uint8|float64|uint32)$/.test(type)) return type
  const dot = type.indexOf('.')
  if (dot < 0)
    return name === 'meta' && SPECIAL[`metav1.${type}`] !== undefined
      ? (SPECIAL[`metav1.${type}`] as string)
      : `${name}.${type}`
  const path = imports.get(type.slice(0, dot)) ?? ''
  if (path === 'apimachinery/pkg/apis/meta/v1')
    return SPECIAL[`metav1.${type.slice(dot + 1)}`] ?? `meta.${type.slice(dot + 1)}`
  return `${path.replace(/^api\//, '')}${type.slice(dot)}`
}

function inline(id: string): void {
  const fields: Record<string, string> = {}
  for (const [field, spec] of Object.entries(structs[id] ?? {})) {
    if (!field.startsWith('>')) fields[field] = spec
    else {
      inline(field.slice(1).replace('*', ''))
      Object.assign(fields, structs[field.slice(1).replace('*', '')])
    }
  }
  structs[id] = fields
}

/** All that the kinds (which have metadata) lead to. */
function reach(): Set<string> {
  const found = new Set<string>()
  const visit = (id: string): void => {
    if (found.has(id)) return
    found.add(id)
    for (const spec of Object.values(structs[id] ?? {})) visit(spec.replace(/^[!?]*/, '').replace(/\*|\[\]|map/g, ''))
    const under = names[id]
    if (under !== undefined) visit(under.replace(/\*|\[\]|map/g, ''))
  }
  for (const [id, fields] of Object.entries(structs)) if (fields.metadata?.endsWith('meta.ObjectMeta')) visit(id)
  return found
}

function formatTable(reachable: ReadonlySet<string>): string {
  const lines = (table: Record<string, unknown>) =>
    Object.keys(table)
      .filter((id) => reachable.has(id))
      .sort()
      .map((id) => `${JSON.stringify(id)}:${JSON.stringify(table[id])}`)
      .join(',\n')
  return `{"structs":{\n${lines(structs)}\n},"names":{\n${lines(names)}\n}}`
}
