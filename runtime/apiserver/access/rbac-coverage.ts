import type { PolicyRule } from './rbac-rule.ts'

/** Those of `asked`, in their smallest parts, that `owned` does not allow. source: component-helpers auth/rbac/validation */
export function missingRules(owned: readonly PolicyRule[], asked: readonly PolicyRule[]): PolicyRule[] {
  return asked.flatMap(breakDown).filter((part) => !owned.some((rule) => covers(rule, part)))
}

/** One line for each rule that is missing, sorted: as in the message that refuses an escalation. */
export function describeMissing(missing: readonly PolicyRule[]): string {
  return [...new Set(compact(missing).map(describeRule))].sort().join('\n')
}

/** One verb, and one resource (and name) of one group, or one path, each. */
function breakDown({ apiGroups, resources, verbs, resourceNames, nonResourceURLs }: PolicyRule): PolicyRule[] {
  const parts: PolicyRule[] = []
  for (const group of apiGroups ?? []) {
    for (const resource of resources ?? []) {
      for (const verb of verbs ?? []) {
        const part = { apiGroups: [group], resources: [resource], verbs: [verb] }
        if (!resourceNames?.length) parts.push(part)
        else parts.push(...resourceNames.map((name) => ({ ...part, resourceNames: [name] })))
      }
    }
  }
  for (const url of nonResourceURLs ?? [])
    parts.push(...(verbs ?? []).map((verb) => ({ nonResourceURLs: [url], verbs: [verb] })))
  return parts
}

function covers(owner: PolicyRule, part: PolicyRule): boolean {
  if (!hasAll(owner.verbs, part.verbs)) return false
  if (part.nonResourceURLs !== undefined) return urlsCover(owner.nonResourceURLs ?? [], part.nonResourceURLs)
  if (!hasAll(owner.apiGroups, part.apiGroups) || !resourcesCover(owner.resources ?? [], part.resources ?? []))
    return false
  if (!owner.resourceNames?.length) return true
  return part.resourceNames?.every((name) => owner.resourceNames?.includes(name)) ?? false
}

function hasAll(set: readonly string[] = [], values: readonly string[] = []): boolean {
  return set.includes('*') || values.every((value) => set.includes(value))
}

function resourcesCover(set: readonly string[], values: readonly string[]): boolean {
  if (set.includes('*')) return true
  return values.every((value) => {
    const subresource = value.split('/')[1]
    return set.includes(value) || (subresource !== undefined && set.includes(`*/${subresource}`))
  })
}

function urlsCover(set: readonly string[], values: readonly string[]): boolean {
  const covered = (value: string) => (owner: string) =>
    owner === value || (owner.endsWith('*') && value.startsWith(owner.replace(/\*+$/, '')))
  return values.every((value) => set.some(covered(value)))
}

/** Verbs of the same resource (and name) put together. */
function compact(rules: readonly PolicyRule[]): PolicyRule[] {
  const byResource = new Map<string, PolicyRule & { verbs: string[] }>()
  const others: PolicyRule[] = []
  for (const rule of rules) {
    if (rule.nonResourceURLs !== undefined) {
      others.push(rule)
      continue
    }
    const key = JSON.stringify([rule.apiGroups, rule.resources, rule.resourceNames])
    const known = byResource.get(key)
    if (known === undefined) byResource.set(key, { ...rule, verbs: [...(rule.verbs ?? [])] })
    else known.verbs.push(...(rule.verbs ?? []))
  }
  return [...others, ...byResource.values()]
}

function describeRule(rule: PolicyRule): string {
  const parts: [string, readonly string[] | undefined][] = [
    ['APIGroups', rule.apiGroups],
    ['Resources', rule.resources],
    ['NonResourceURLs', rule.nonResourceURLs],
    ['ResourceNames', rule.resourceNames],
    ['Verbs', rule.verbs],
  ]
  const shown = parts.flatMap(([title, values]) => (values?.length ? [`${title}:${quoteAll(values)}`] : []))
  return `{${shown.join(', ')}}`
}

/** As Go writes a list of strings with %q. */
export function quoteAll(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(' ')}]`
}
