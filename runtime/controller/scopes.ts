import type { OwnCache } from '../broker/call-scope.ts'
import type { Entry } from '../informer/entry.ts'
import type { Informer, InformerState } from '../informer/informer.ts'
import type { Gvk } from '../util/gvk.ts'

/** The informers of one of a controller's kinds: one for all namespaces, or one each. */
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

/** The first of several caches that covers what is asked for answers. */
export function createJointCache(caches: () => readonly OwnCache[]): OwnCache {
  return {
    get: (...asked) => firstOf(caches(), (cache) => cache.get(...asked)),
    list: (...asked) => firstOf(caches(), (cache) => cache.list(...asked)),
  }
}

/** `undefined` is the only answer that passes a question on: null is an object's certain absence. */
function firstOf<Answer>(
  caches: readonly OwnCache[],
  ask: (cache: OwnCache) => Answer | undefined,
): Answer | undefined {
  for (const cache of caches) {
    const answer = ask(cache)
    if (answer !== undefined) return answer
  }
  return undefined
}

/** What a right that was taken away let in is not read any more. */
function isSynced({ informer }: Scope): boolean {
  return informer.hasSynced && informer.state.kind !== 'Forbidden'
}

function namespaceOfKey(key: string): string | undefined {
  const slash = key.indexOf('/')
  return slash === -1 ? undefined : key.slice(0, slash)
}
