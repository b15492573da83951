import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { parse, parseAllDocuments } from 'yaml'
import { type ApiAnswer, type ApiClient, createApiClient } from './api-client.ts'
import { type KindAt, type Kinds, readKinds } from './api-kinds.ts'

/**
 * Stands in for kubectl where there is none: the calls that the end-to-end tests make, and no others; what it does not know is an
 * error. It applies on the server's side, by force. Answers stdout. errors: Error with what kubectl says
 */
export async function runSmallKubectl(kubeconfig: string, args: readonly string[], stdin: string): Promise<string> {
  const { values: flags, positionals } = parseArgs({ args: [...args], options: FLAGS, allowPositionals: true })
  const [command = '', ...words] = positionals
  const run = COMMANDS[command]
  if (run === undefined) throw new Error(`The stand-in for kubectl does not know "${command}": ${args.join(' ')}`)
  const client = createApiClient(readServer(flags.kubeconfig ?? kubeconfig))
  try {
    const printed = await run({ client, kinds: await readKinds(client), flags, words, stdin })
    return typeof printed === 'string' ? printed : printed.map((line) => `${line}\n`).join('')
  } catch (error) {
    throw new Error(`kubectl ${args.join(' ')}: ${(error as Error).message}`, { cause: error })
  } finally {
    client.close()
  }
}

const text = { type: 'string' } as const
const yes = { type: 'boolean' } as const
const FLAGS = {
  kubeconfig: text,
  namespace: { ...text, short: 'n', default: 'default' },
  filename: { ...text, short: 'f' },
  output: { ...text, short: 'o' },
  patch: { ...text, short: 'p' },
  type: text,
  subresource: text,
  for: text,
  timeout: { ...text, default: '30s' },
  wait: { ...text, default: 'true' },
  'from-literal': { ...text, multiple: true },
  all: yes,
  'ignore-not-found': yes,
  'no-headers': yes,
} as const

type Flags = ReturnType<typeof parseArgs<{ options: typeof FLAGS }>>['values']

interface Call {
  readonly client: ApiClient
  readonly kinds: Kinds
  readonly flags: Flags
  readonly words: readonly string[]
  readonly stdin: string
}

interface KubeObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly uid?: string }
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
  readonly data?: Readonly<Record<string, string>>
}

/** One object's place. */
interface Target {
  readonly kind: KindAt
  readonly name: string
  readonly path: string
}

/** Each answers the lines that it prints, or the very text. */
const COMMANDS: Readonly<Record<string, (call: Call) => Promise<string[] | string>>> = {
  async apply(call) {
    const done: string[] = []
    for (const object of objectsIn(call)) {
      const target = targetOf(call, object)
      const options = { contentType: 'application/apply-patch+yaml' }
      await ask(call, 'PATCH', `${target.path}?fieldManager=kubectl&force=true`, object, options)
      done.push(`${said(target)} serverside-applied`)
    }
    return done
  },

  async create(call) {
    const [kind = '', ...words] = call.words
    if (kind === 'secret' && words.shift() !== 'generic') throw new Error('no other secret than a generic one')
    const literals = (call.flags['from-literal'] ?? []).map((pair) => splitAt(pair, '='))
    const field = kind === 'secret' ? 'stringData' : 'data'
    const data = literals.length === 0 ? {} : { [field]: Object.fromEntries(literals) }
    const at = call.kinds.named(kind)
    const target = targetNamed(call, at, words[0] ?? '')
    await ask(call, 'POST', at.pathOf(call.flags.namespace), { metadata: { name: target.name }, ...data })
    return [`${said(target)} created`]
  },

  async get(call) {
    const { output, 'no-headers': withoutHeaders } = call.flags
    const [kindName = '', name] = call.words
    const kind = call.kinds.named(kindName)
    const path = name === undefined ? kind.pathOf(call.flags.namespace) : targetNamed(call, kind, name).path
    if (output === undefined) return printTable(await ask(call, 'GET', path, undefined, AS_TABLE), withoutHeaders)
    const found = await ask(call, 'GET', path)
    if (output === 'json') return [JSON.stringify(found)]
    if (output === 'name') return itemsOf(found).map(({ metadata }) => said({ kind, name: metadata.name }))
    const field = /^jsonpath=\{((?:\.\w+)+)\}$/.exec(output)?.[1]
    if (field === undefined) throw new Error(`no other output than json, name and a jsonpath of fields: "${output}"`)
    return readField(found, field.slice(1).split('.'))
  },

  async delete(call) {
    const { 'ignore-not-found': ignoresAbsent = call.flags.all, wait } = call.flags
    const ended: { target: Target; uid: string | undefined }[] = []
    for (const target of await targetsOf(call)) {
      const uid = await uidOf(call, target)
      const answer = await call.client.request('DELETE', target.path, { propagationPolicy: 'Background' })
      if (answer.status === 404 && ignoresAbsent === true) continue
      assertSuccess(answer)
      ended.push({ target, uid })
    }
    for (const { target, uid } of wait === 'true' ? ended : [])
      await until('120s', `${said(target)} to go`, async () => (await uidOf(call, target)) !== uid)
    return ended.map(({ target: { kind, name } }) => `${kind.said} "${name}" deleted`)
  },

  async wait(call) {
    const type = /^condition=(\w+)$/.exec(call.flags.for ?? '')?.[1]
    if (type === undefined) throw new Error(`no other wait than for a condition: "${call.flags.for}"`)
    const targets = await targetsOf(call)
    for (const target of targets) {
      await until(call.flags.timeout, `${said(target)} to be ${type}`, async () => {
        const { status } = (await ask(call, 'GET', target.path)) as KubeObject
        return status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') === true
      })
    }
    return targets.map((target) => `${said(target)} condition met`)
  },

  async patch(call) {
    const { type, patch = '', subresource } = call.flags
    if (type !== 'merge') throw new Error(`no other patch than a merge patch: "${type}"`)
    return changeEach(call, JSON.parse(patch), subresource === undefined ? '' : `/${subresource}`, 'patched')
  },

  annotate(call) {
    const [kind = '', name = '', ...changes] = call.words
    const annotations = changes.map((change) =>
      change.endsWith('-') ? [change.slice(0, -1), null] : splitAt(change, '='),
    )
    const patch = { metadata: { annotations: Object.fromEntries(annotations) } }
    return changeEach({ ...call, words: [kind, name] }, patch, '', 'annotated')
  },

  cordon(call) {
    return changeEach({ ...call, words: ['node', ...call.words] }, { spec: { unschedulable: true } }, '', 'cordoned')
  },
}

async function changeEach(call: Call, patch: unknown, subresource: string, done: string): Promise<string[]> {
  const targets = await targetsOf(call)
  for (const target of targets) await ask(call, 'PATCH', `${target.path}${subresource}`, patch)
  return targets.map((target) => `${said(target)} ${done}`)
}

/** What `-f`, `KIND --all`, `KIND NAME...` or `KIND/NAME...` mean. */
async function targetsOf(call: Call): Promise<Target[]> {
  const { flags, kinds, words } = call
  if (flags.filename !== undefined) {
    const known = objectsIn(call).filter((object) => kinds.find(object) !== undefined || !flags['ignore-not-found'])
    return known.map((object) => targetOf(call, object))
  }
  const [first = '', ...names] = words
  if (first.includes('/'))
    return words.map((word) => targetNamed(call, kinds.named(word.split('/')[0] ?? ''), splitAt(word, '/')[1]))
  const kind = kinds.named(first)
  if (flags.all !== true) return names.map((name) => targetNamed(call, kind, name))
  const items = itemsOf(await ask(call, 'GET', kind.pathOf(flags.namespace)))
  return items.map(({ metadata }) => targetNamed(call, kind, metadata.name))
}

function targetNamed({ flags }: Call, kind: KindAt, name: string, namespace: string = flags.namespace): Target {
  return { kind, name, path: `${kind.pathOf(namespace)}/${encodeURIComponent(name)}` }
}

function targetOf(call: Call, object: KubeObject): Target {
  const kind = call.kinds.find(object)
  if (kind === undefined)
    throw new Error(
      `no matches for kind "${object.kind}" in version "${object.apiVersion}"\nensure CRDs are installed first`,
    )
  return targetNamed(call, kind, object.metadata.name, object.metadata.namespace)
}

function objectsIn({ flags: { filename = '' }, stdin }: Call): KubeObject[] {
  const content = filename === '-' ? stdin : readFileSync(filename, 'utf8')
  const documents = parseAllDocuments(content).map((document) => document.toJS() as KubeObject | null)
  return documents.flatMap((object) => (object === null ? [] : itemsOf(object)))
}

/** Of a list its items, else the object itself. */
function itemsOf(object: unknown): KubeObject[] {
  const { items } = object as { items?: KubeObject[] }
  return items ?? [object as KubeObject]
}

async function uidOf(call: Call, { path }: Target): Promise<string | undefined> {
  const { status, body } = await call.client.request('GET', path)
  return status === 200 ? (body as KubeObject).metadata.uid : undefined
}

async function ask(call: Call, ...request: Parameters<ApiClient['request']>): Promise<unknown> {
  const answer = await call.client.request(...request)
  assertSuccess(answer)
  return answer.body
}

function assertSuccess({ status, body }: ApiAnswer): void {
  if (status < 300) return
  const { reason = status, message = body } = body as { reason?: string; message?: string }
  throw new Error(`Error from server (${reason}): ${message}`)
}

async function until(timeout: string, what: string, isDone: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + Number(timeout.replace(/s$/, '')) * 1000
  while (!(await isDone())) {
    if (!(Date.now() < deadline)) throw new Error(`timed out waiting for ${what}`)
    await sleep(50)
  }
}

const AS_TABLE = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }

interface Table {
  readonly columnDefinitions: readonly { readonly name: string; readonly priority: number }[]
  readonly rows: readonly { readonly cells: readonly unknown[] }[]
}

/** In columns as wide as they need to be. */
function printTable(found: unknown, withoutHeaders = false): string[] {
  const { columnDefinitions: columns, rows } = found as Table
  const shown = columns.flatMap(({ priority }, index) => (priority === 0 ? [index] : []))
  const header = withoutHeaders ? [] : [columns.map(({ name }) => name.toUpperCase())]
  const cells = [...header, ...rows.map((row) => row.cells)].map((row) =>
    shown.map((index) => String(row[index] ?? '')),
  )
  const widths = shown.map((_, at) => Math.max(...cells.map((row) => (row[at] as string).length)))
  return cells.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] as number))
      .join('   ')
      .trimEnd(),
  )
}

function readField(object: unknown, [field, ...rest]: readonly string[]): string {
  if (object === undefined || object === null) return ''
  if (field !== undefined) return readField((object as Record<string, unknown>)[field], rest)
  return typeof object === 'object' ? JSON.stringify(object) : String(object)
}

function said({ kind, name }: Pick<Target, 'kind' | 'name'>): string {
  return `${kind.said}/${name}`
}

function splitAt(word: string, separator: string): [string, string] {
  const at = word.indexOf(separator)
  if (at < 0) throw new Error(`"${word}" has no "${separator}"`)
  return [word.slice(0, at), word.slice(at + 1)]
}

interface Kubeconfig {
  readonly clusters: readonly [{ cluster: { server: string; 'certificate-authority-data'?: string } }]
  readonly users?: readonly [{ user: { token?: string } }]
}

function readServer(file: string): { url: string; token: string | undefined; ca: string | undefined } {
  const { clusters, users } = parse(readFileSync(file, 'utf8')) as Kubeconfig
  const { server: url, 'certificate-authority-data': ca } = clusters[0].cluster
  return { url, token: users?.[0].user.token, ca: ca === undefined ? undefined : Buffer.from(ca, 'base64').toString() }
}
