import type { RequestInfo } from '../request-info.ts'
import { badRequest } from '../status.ts'
import { notAuthorized } from './forbidden.ts'
import { type Decision, MASTERS } from './rbac-authorizer.ts'
import { quoteAll } from './rbac-coverage.ts'
import type { User } from './user.ts'

/** Each header's own values, by its name in small letters, as IncomingMessage.headersDistinct has them. */
export type DistinctHeaders = Readonly<Record<string, readonly string[] | undefined>>
export type Decide = (user: User, info: RequestInfo) => Decision

interface Wanted {
  readonly name: string
  readonly uid: string
  readonly groups: readonly string[]
  readonly extra: Readonly<Record<string, readonly string[]>>
}

/**
 * The user that the Impersonate headers ask for, once `requester` may be that user in this request; else the requester.
 * Tried in order, as kube-apiserver 1.36 does: the mode that did last, what a constrained mode allows, then the old verb `impersonate`.
 * errors: ApiError 400 (no user name), 403 of the first mode that applied
 * source: apiserver pkg/endpoints/filters/impersonation
 */
export function impersonate(
  requester: User,
  headers: DistinctHeaders,
  info: RequestInfo,
  decide: Decide,
  lastModes: LastModes = new Map(),
): User {
  const wanted = readWanted(headers)
  if (wanted === undefined) return requester
  let firstError: unknown
  const last = lastModes.get(requester.name)
  for (const mode of last === undefined ? MODES : [last, ...MODES.filter((each) => each !== last)]) {
    if (!mode.applies(wanted, requester)) continue
    try {
      if (mode.name !== undefined)
        check(requester, { ...info, verb: `impersonate-on:${mode.name}:${info.verb}` }, decide)
      const user = asWanted(requester, wanted, mode.name, decide)
      remember(lastModes, requester.name, mode)
      return user
    } catch (error) {
      firstError ??= error
    }
  }
  throw firstError
}

/** Which mode let a requester through last: it is tried first, and its refusal is the one that is told. By user name. */
export type LastModes = Map<string, Mode>

/** As kube-apiserver remembers; the oldest goes. */
const MAX_REMEMBERED = 10_000

function remember(lastModes: LastModes, name: string, mode: Mode): void {
  lastModes.delete(name)
  lastModes.set(name, mode)
  if (lastModes.size > MAX_REMEMBERED) lastModes.delete(lastModes.keys().next().value as string)
}

interface Mode {
  /** Undefined: the old one. */
  readonly name: string | undefined
  applies(wanted: Wanted, requester: User): boolean
}

const MODES: readonly Mode[] = [
  {
    name: 'associated-node',
    applies: (wanted, requester) => {
      const node = isBare(wanted) ? nodeOf(wanted.name) : undefined
      const own = requester.extra['authentication.kubernetes.io/node-name']
      return node !== undefined && serviceAccountOf(requester.name) !== undefined && own?.join() === node
    },
  },
  { name: 'arbitrary-node', applies: (wanted) => isBare(wanted) && nodeOf(wanted.name) !== undefined },
  { name: 'serviceaccount', applies: (wanted) => isBare(wanted) && serviceAccountOf(wanted.name) !== undefined },
  {
    name: 'user-info',
    applies: ({ name }) => nodeOf(name) === undefined && serviceAccountOf(name) === undefined,
  },
  { name: undefined, applies: () => true },
]

function asWanted(requester: User, wanted: Wanted, mode: string | undefined, decide: Decide): User {
  const groups = authorizeName(requester, wanted, mode, decide)
  const ask = (group: string, plural: string, name: string, subresource?: string) =>
    check(requester, about(verbOf(mode), group, plural, name, subresource), decide)
  if (wanted.uid !== '') ask(AUTHENTICATION, 'uids', wanted.uid)
  if (mode !== undefined) refuseReserved(requester, wanted, mode)
  for (const group of wanted.groups) ask(mode === undefined ? '' : AUTHENTICATION, 'groups', group)
  for (const [key, values] of Object.entries(wanted.extra)) {
    for (const value of values) ask(AUTHENTICATION, 'userextras', value, key)
  }
  return {
    name: wanted.name,
    ...(wanted.uid !== '' && { uid: wanted.uid }),
    groups: withLoginGroup(wanted.name, groups),
    extra: wanted.extra,
  }
}

const AUTHENTICATION = 'authentication.k8s.io'

function verbOf(mode: string | undefined): string {
  return mode === undefined ? 'impersonate' : `impersonate:${mode}`
}

/** Answers the groups: those wanted, or those that come with the name. */
function authorizeName(requester: User, { name, groups }: Wanted, mode: string | undefined, decide: Decide) {
  const verb = verbOf(mode)
  const group = mode === undefined ? '' : AUTHENTICATION
  const account = serviceAccountOf(name)
  if (account !== undefined) {
    check(requester, { ...about(verb, group, 'serviceaccounts', account.name), namespace: account.namespace }, decide)
    return groups.length > 0 ? groups : serviceAccountGroups(account.namespace)
  }
  const node = mode === undefined ? undefined : nodeOf(name)
  // An associated node is checked for all nodes: the account's own node is what the mode is about.
  const nodeName = mode === 'associated-node' ? '*' : node
  if (nodeName === undefined) check(requester, about(verb, group, 'users', name), decide)
  else check(requester, about(verb, group, 'nodes', nodeName), decide)
  return node === undefined ? groups : ['system:nodes']
}

function refuseReserved(requester: User, { groups }: Wanted, mode: string): void {
  const refuse = (name: string, why: string) => {
    throw notAuthorized(requester, about(verbOf(mode), AUTHENTICATION, 'groups', name), why)
  }
  if (groups.includes('')) refuse('', 'impersonating the empty string group is not allowed')
  if (groups.includes(MASTERS)) refuse(MASTERS, 'impersonating the system:masters group is not allowed')
}

function withLoginGroup(name: string, groups: readonly string[]): readonly string[] {
  if (name === 'system:anonymous')
    return groups.includes('system:unauthenticated') ? groups : [...groups, 'system:unauthenticated']
  const has = groups.includes('system:unauthenticated') || groups.includes('system:authenticated')
  return has ? groups : [...groups, 'system:authenticated']
}

function check(requester: User, info: RequestInfo, decide: Decide): void {
  const { allowed, reason } = decide(requester, info)
  if (!allowed) throw notAuthorized(requester, info, reason)
}

function about(verb: string, group: string, plural: string, name: string, subresource?: string): RequestInfo {
  return { isResource: true, path: '', verb, group, version: 'v1', plural, namespace: '', name, subresource, rest: [] }
}

function readWanted(headers: DistinctHeaders): Wanted | undefined {
  const name = headers['impersonate-user']?.[0] ?? ''
  const uid = headers['impersonate-uid']?.[0] ?? ''
  const groups = headers['impersonate-group'] ?? []
  const extra: Record<string, string[]> = {}
  for (const [header, values] of Object.entries(headers)) {
    if (!header.startsWith(EXTRA_PREFIX) || values === undefined) continue
    const key = unescapeKey(header.slice(EXTRA_PREFIX.length))
    extra[key] = [...(extra[key] ?? []), ...values]
  }
  if (name !== '') return { name, uid, groups, extra }
  if (uid === '' && groups.length === 0 && Object.keys(extra).length === 0) return undefined
  throw badRequest(`requested ${describeInGo(uid, groups, extra)} without impersonating a user name`)
}

const EXTRA_PREFIX = 'impersonate-extra-'

function unescapeKey(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}

function describeInGo(uid: string, groups: readonly string[], extra: Record<string, readonly string[]>): string {
  const list = (values: readonly string[]) =>
    values.length === 0 ? '[]string(nil)' : `[]string{${quoteAll(values).slice(1, -1).replaceAll('" "', '", "')}}`
  const entries = Object.entries(extra).map(([key, values]) => `${JSON.stringify(key)}:${list(values)}`)
  const map = entries.length === 0 ? 'map[string][]string(nil)' : `map[string][]string{${entries.join(', ')}}`
  return `&user.DefaultInfo{Name:"", UID:${JSON.stringify(uid)}, Groups:${list(groups)}, Extra:${map}}`
}

function isBare({ uid, groups, extra }: Wanted): boolean {
  return uid === '' && groups.length === 0 && Object.keys(extra).length === 0
}

function nodeOf(name: string): string | undefined {
  return /^system:node:([a-z0-9]([-a-z0-9.]*[a-z0-9])?)$/.exec(name)?.[1]
}

function serviceAccountOf(userName: string): { namespace: string; name: string } | undefined {
  const match = /^system:serviceaccount:([a-z0-9]([-a-z0-9]*[a-z0-9])?):([a-z0-9]([-a-z0-9.]*[a-z0-9])?)$/.exec(
    userName,
  )
  return match === null ? undefined : { namespace: match[1] as string, name: match[3] as string }
}

export function serviceAccountGroups(namespace: string): string[] {
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`]
}
