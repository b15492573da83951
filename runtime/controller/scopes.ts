import type { OwnCache } from '../broker/call-scope.ts'
import type { Entry } from '../informer/entry.ts'
import type { Informer, InformerState } from '../informer/informer.ts'
import type { Gvk } from '../util/gvk.ts'

/** The informers of one controller's `for`: one for all namespaces, or one each. */
export interface Scope {
  /** Undefined: all. */
  readonly namespace: string | undefined
  readonly informer: Informer
  release(): void
}

/** What the scopes read through: which of them holds a key, and what they cover. */
export interface ScopeReader extends OwnCache {
  find(key: string): Entry | undefined
  entries(): Entry[]
  states(): InformerState[]
}

/** `selected`: a label or field selector leaves objects out, so that the cache answers for no other than its own. */
export function createScopeReader(scopes: readonly Scope[], gvk: Gvk, selected: boolean): ScopeReader {
  return {
    find: (key) => scopeOf(namespaceOfKey(key))?.informer.lister.get(key),
    entries: () => scopes.flatMap(({ informer }) => informer.lister.list()),
    states: () => scopes.map(({ informer }) => informer.state),
    get(kind, namespace, name) {
      if (!isCovered(kind)) return undefined
      const scope = scopeOf(namespace)
      if (scope === undefined || !isSynced(scope)) return undefined
      return scope.informer.lister.get(namespace === undefined ? name : `${namespace}/${name}`) ?? null
    },
    list(kind, namespace, labelSelector) {
      if (!isCovered(kind)) return undefined
      const scope = namespace === undefined ? scopes.find((s) => s.namespace === undefined) : scopeOf(namespace)
      if (scope === undefined || !isSynced(scope)) return undefined
      return scope.informer.lister.list({ labelSelector, ...(namespace === undefined ? {} : { namespace }) })
    },
  }

  function isCovered(kind: Gvk): boolean {
    return !selected && kind.kind === gvk.kind && kind.group === gvk.group && kind.version === gvk.version
  }

  function scopeOf(namespace: string | undefined): Scope | undefined {
    return scopes.find((scope) => scope.namespace === undefined || scope.namespace === namespace)
  }
}

function isSynced({ informer }: Scope): boolean {
  return informer.hasSynced
}

function namespaceOfKey(key: string): string | undefined {
  const slash = key.indexOf('/')
  return slash === -1 ? undefined : key.slice(0, slash)
}
