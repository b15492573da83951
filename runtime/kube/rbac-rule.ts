import { formatIdentity, type Identity } from '../util/identity.ts'
import type { Access } from './access.ts'

/** What a role has to say; each list in the order in which it came up. */
interface Rule {
  readonly namespace: string | undefined
  /** The text before `verbs`, of groups and resources or of paths. */
  readonly what: string
  readonly names: readonly string[]
  readonly verbs: readonly string[]
}

/**
 * What is to be granted, on one line: each rule as it can be pasted under `rules:` of a role, and which role it belongs to.
 * `ServiceAccount "demo/web" needs, bound to it: a Role in namespace "demo" with the rule {apiGroups: [""], …}`
 */
export function sayMissing(who: Identity | undefined, missing: readonly Access[]): string {
  const subject = who === undefined ? "The host's user" : formatIdentity(who)
  return `${subject} needs, bound to it: ${rolesFor(missing).join('; ')}`
}

function rolesFor(missing: readonly Access[]): string[] {
  const byNamespace = Map.groupBy(rulesFor(missing), ({ namespace }) => namespace)
  const byRules = Map.groupBy(byNamespace, ([, rules]) => sayRules(rules))
  return [...byRules].map(([rules, entries]) => `${sayRole(entries.map(([namespace]) => namespace))} with ${rules}`)
}

/** Verbs of the same target make one rule, and then names of the same verbs. */
function rulesFor(missing: readonly Access[]): Rule[] {
  const targets = Map.groupBy(missing, (access) => JSON.stringify([whatOf(access), placeOf(access)]))
  const byTarget = [...targets.values()].map((same): Rule => {
    const [first] = same as [Access, ...Access[]]
    const { namespace, name } = placeOf(first)
    const verbs = [...new Set(same.map(({ verb }) => verb))]
    return { namespace, what: whatOf(first), names: name === undefined ? [] : [name], verbs }
  })
  const alike = Map.groupBy(byTarget, ({ namespace, what, names, verbs }) =>
    JSON.stringify([namespace, what, names.length > 0, verbs]),
  )
  return [...alike.values()].map((same) => ({
    ...(same[0] as Rule),
    names: same.flatMap(({ names }) => names),
  }))
}

function placeOf(access: Access): { namespace?: string | undefined; name?: string | undefined } {
  return 'path' in access ? {} : { namespace: access.namespace, name: access.name }
}

function whatOf(access: Access): string {
  if ('path' in access) return `nonResourceURLs: ${list([access.path])}`
  const { group, plural, subresource } = access
  return `apiGroups: ${list([group])}, resources: ${list([subresource === undefined ? plural : `${plural}/${subresource}`])}`
}

function sayRole(namespaces: readonly (string | undefined)[]): string {
  const named = namespaces.filter((namespace) => namespace !== undefined)
  if (named.length === 0) return 'a ClusterRole'
  const shown = named.slice(0, MAX_SHOWN).map((namespace) => JSON.stringify(namespace))
  if (named.length === 1) return `a Role in namespace ${shown[0]}`
  return `a Role in each of the namespaces ${shown.join(', ')}${andMore(named.length)}`
}

function sayRules(rules: readonly Rule[]): string {
  const shown = rules.slice(0, MAX_SHOWN).map(sayRule).join(', ')
  return `the ${rules.length === 1 ? 'rule' : 'rules'} ${shown}${andMore(rules.length)}`
}

function sayRule({ what, names, verbs }: Rule): string {
  return `{${what}, verbs: ${list(verbs)}${names.length === 0 ? '' : `, resourceNames: ${list(names)}`}}`
}

/** YAML and JSON at once. */
function list(texts: readonly string[]): string {
  return `[${texts.map((text) => JSON.stringify(text)).join(', ')}]`
}

function andMore(count: number): string {
  return count > MAX_SHOWN ? ` and ${count - MAX_SHOWN} more` : ''
}

/** A line of a log; the next look says the rest. */
const MAX_SHOWN = 20
