import { readFileSync } from 'node:fs'
import { dirname, isAbsolute, resolve, sep } from 'node:path'
/*
 * Of client-node only its kubeconfig entries and (exec-plugin.ts) its plugin runner: the KubeConfig class imports every
 * generated API model, 576 ms and 80 MiB at start against 6 ms and 3 MiB. It also refuses names given twice in KUBECONFIG,
 * knows no `tokenFile`, and reads process.env.
 */
import {
  type Cluster,
  type Context,
  newClusters,
  newContexts,
  newUsers,
  type User,
} from '@kubernetes/client-node/dist/config_types.js'
import { load, YAMLException } from 'js-yaml'
import { RuntimeError } from '../errors.ts'

/** A user of a kubeconfig; paths are absolute. */
export interface KubeUser extends User {
  /** Holds the bearer token; read again while the host runs, as its owner rotates it. */
  readonly tokenFile?: string | undefined
  readonly impersonateUid?: string | undefined
  readonly impersonateGroups?: readonly string[] | undefined
  /** Why this user cannot be used; said only when a context picks it. */
  readonly problem?: string | undefined
}

/** What one kubeconfig file says; entries that lack a required field are left out. */
export interface KubeConfigFile {
  readonly file: string
  readonly currentContext: string | undefined
  readonly clusters: readonly Cluster[]
  readonly contexts: readonly Context[]
  readonly users: readonly KubeUser[]
}

/** The part of the YAML that client-node's entries do not carry. */
interface RawUser {
  readonly name?: string
  readonly user?: Readonly<Record<string, unknown>>
}

/** Reads a kubeconfig; its relative paths count from its own folder. KUBECONFIG_INVALID when it cannot be read or parsed. */
export function readKubeConfigFile(file: string): KubeConfigFile {
  const document = parse(file, read(file))
  const dir = dirname(resolve(file))
  const options = { onInvalidEntry: 'filter' } as const
  const currentContext = document['current-context']
  return {
    file,
    currentContext: typeof currentContext === 'string' && currentContext !== '' ? currentContext : undefined,
    clusters: newClusters(document.clusters, options).map((cluster) => ({
      ...cluster,
      ...absolute(dir, cluster, ['caFile']),
    })),
    contexts: newContexts(document.contexts, options),
    users: readUsers(document.users, dir),
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const problem = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`
    throw invalid(file, `${problem}; pass --kubeconfig FILE or mend KUBECONFIG`)
  }
}

/** The parser's own message shows the lines around the fault, where tokens and keys are: only its reason and line are told. */
function parse(file: string, text: string): Readonly<Record<string, unknown>> {
  let document: unknown
  try {
    document = load(text, { filename: file })
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error
    throw invalid(file, `line ${(error.mark?.line ?? 0) + 1} is no YAML (${error.reason})`)
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    throw invalid(file, 'it is not a kubeconfig (a map with clusters, contexts and users)')
  return document as Record<string, unknown>
}

function readUsers(entries: unknown, dir: string): KubeUser[] {
  if (!Array.isArray(entries)) return []
  return (entries as (RawUser | null)[]).flatMap((raw) => {
    const user = raw?.user ?? {}
    // client-node would read `token-file` here and now, once, and from the working directory; kubectl knows no such key
    const { 'token-file': _, ...known } = user
    const [parsed] = newUsers([{ ...raw, user: known }], { onInvalidEntry: 'filter' })
    return parsed === undefined ? [] : [completeUser(parsed, user, dir)]
  })
}

function completeUser(parsed: User, raw: Readonly<Record<string, unknown>>, dir: string): KubeUser {
  const user = {
    ...parsed,
    tokenFile: raw.tokenFile as string | undefined,
    impersonateUid: raw['as-uid'] as string | undefined,
    impersonateGroups: raw['as-groups'] as string[] | undefined,
    problem: problemOf(raw),
  }
  return {
    ...user,
    ...absolute(dir, user, ['certFile', 'keyFile', 'tokenFile']),
    exec: absoluteCommand(dir, parsed.exec),
  }
}

/** What would be silently dropped otherwise, and with it a restriction or the login itself. */
function problemOf(raw: Readonly<Record<string, unknown>>): string | undefined {
  const provider = raw['auth-provider'] as { name?: string } | undefined
  if (provider) return `logs in by auth-provider "${provider.name}", which Kubernetes has dropped: use an exec plugin`
  if (raw['as-user-extra']) return 'has as-user-extra, which is not supported'
  const exec = raw.exec as { command?: unknown; interactiveMode?: unknown } | undefined
  if (exec && typeof exec.command !== 'string') return 'has an exec plugin without command'
  if (exec?.interactiveMode === 'Always') return 'has an exec plugin that needs a terminal (interactiveMode: Always)'
  return undefined
}

function absolute<K extends string>(
  dir: string,
  entry: Readonly<Partial<Record<K, string | undefined>>>,
  keys: readonly K[],
): Partial<Record<K, string>> {
  const found = keys.flatMap((key) => (entry[key] ? [[key, resolve(dir, entry[key])] as const] : []))
  return Object.fromEntries(found) as Partial<Record<K, string>>
}

/** A command with a folder in it counts from the kubeconfig; a bare one is looked up in PATH. */
function absoluteCommand(dir: string, exec: { readonly command?: string } | undefined): object | undefined {
  if (!exec?.command?.includes(sep) || isAbsolute(exec.command)) return exec
  return { ...exec, command: resolve(dir, exec.command) }
}

const invalid = (file: string, problem: string) =>
  new RuntimeError('KUBECONFIG_INVALID', `Cannot use kubeconfig "${file}": ${problem}`)
