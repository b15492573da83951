import { type LabelSelector, matchesLabels, parseLabelSelector } from '../informer/label-selector.ts'
import { pathOf, type Resource } from '../kube/resource.ts'
import { isNotFound } from '../kube/status-error.ts'
import { apiVersionOf } from '../util/gvk.ts'
import { isJsonObject, type JsonObject } from '../util/json.ts'
import {
  asOptions,
  assertAllowed,
  assertName,
  type BrokerContext,
  type CallScope,
  invalid,
  namespaceOf,
  resolveKind,
} from './call-scope.ts'
import { objectKey, objectKeyPrefix } from './object-key.ts'
import { withoutManagedFields } from './stored-object.ts'

/** get(kind, {namespace, name}, {live}) → the object's JSON, undefined when there is none. */
export async function get(
  context: BrokerContext,
  scope: CallScope,
  args: readonly unknown[],
): Promise<string | undefined> {
  const resource = await resolveKind(context, args[0])
  const ref = asOptions(args[1])
  const namespace = namespaceOf(resource, ref.namespace, scope)
  const name = assertName(ref.name, 'name')
  assertAllowed(context, {
    gvk: resource,
    verb: 'get',
    subresource: undefined,
    namespace,
    namespaced: resource.namespaced,
    name,
  })
  if (isLive(scope, args[2])) return getLive(context, resource, namespace, name)
  const cached = context.cache.get(resource, namespace, name)
  if (cached === undefined) return getLive(context, resource, namespace, name)
  const { version } = resource
  const written = context.overlay.lookup(objectKey(resource, namespace, name), { version, cached })
  if (written === 'expired') return getLive(context, resource, namespace, name)
  return written === undefined ? cached?.json : written.json
}

async function getLive(
  { send }: BrokerContext,
  resource: Resource,
  namespace: string | undefined,
  name: string,
): Promise<string | undefined> {
  try {
    const { text } = await send({ method: 'GET', path: pathOf(resource, { namespace, name }) })
    return withoutManagedFields(text).json
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

/** list(kind, {namespace, labelSelector, fieldSelector, live}) → the objects' JSON texts. `namespace: ''` means all. */
export async function list(context: BrokerContext, scope: CallScope, args: readonly unknown[]): Promise<string[]> {
  const resource = await resolveKind(context, args[0])
  const options = asOptions(args[1])
  const namespace = options.namespace === '' ? undefined : namespaceOf(resource, options.namespace, scope)
  const labelSelector = selector(options.labelSelector, 'labelSelector')
  const fieldSelector = selector(options.fieldSelector, 'fieldSelector')
  assertAllowed(context, {
    gvk: resource,
    verb: 'list',
    subresource: undefined,
    namespace,
    namespaced: resource.namespaced,
    name: undefined,
  })
  context.callSignal.throwIfAborted()
  const isSimple = fieldSelector === undefined && (labelSelector?.length ?? 0) <= MAX_CACHED_SELECTOR
  if (!isLive(scope, options) && isSimple) {
    const cached = listCached(context, resource, namespace, parsedSelector(labelSelector))
    if (cached !== undefined) return cached
  }
  return context.inListTurn(() => listLive(context, resource, { namespace, labelSelector, fieldSelector }))
}

/** The cache with this controller's own writes laid over it; undefined where the cache does not cover the list. */
function listCached(
  { cache, overlay }: BrokerContext,
  resource: Resource,
  namespace: string | undefined,
  labelSelector: LabelSelector,
): string[] | undefined {
  const cached = cache.list(resource, namespace, labelSelector)
  if (cached === undefined || overlay.isIncomplete) return undefined
  const kindPrefix = objectKeyPrefix(resource)
  const prefix = objectKeyPrefix(resource, namespace)
  const written = new Map<string, string | undefined>()
  for (const key of [...overlay.keys()].filter((key) => key.startsWith(prefix))) {
    const [place, name = ''] = key.slice(kindPrefix.length).split('/')
    const entry = overlay.lookup(key, {
      version: resource.version,
      cached: cache.get(resource, place || undefined, name),
    })
    if (entry === 'expired') return undefined
    if (entry !== undefined) written.set(key, entry.json)
  }
  if (written.size === 0) return cached.map(({ json }) => json)
  const unwritten = cached.filter((object) => !written.has(objectKey(resource, object.namespace, object.name)))
  const matching = [...written.values()].filter((json) => json !== undefined && hasLabels(json, labelSelector))
  return [...unwritten.map(({ json }) => json), ...(matching as string[])]
}

function hasLabels(json: string, labelSelector: LabelSelector): boolean {
  const { metadata } = JSON.parse(json) as { metadata: { labels?: Record<string, string> } }
  return matchesLabels(labelSelector, metadata.labels ?? {})
}

/** Page by page, so that neither side holds more than a page as objects. */
async function listLive(
  { send }: BrokerContext,
  resource: Resource,
  query: { namespace: string | undefined; labelSelector: string | undefined; fieldSelector: string | undefined },
): Promise<string[]> {
  const { namespace, ...selectors } = query
  const texts: string[] = []
  let length = 0
  let continueToken: string | undefined
  do {
    const { text } = await send({
      method: 'GET',
      path: pathOf(resource, { namespace }),
      query: { ...selectors, limit: PAGE_SIZE, continue: continueToken },
    })
    const page = JSON.parse(text) as { items: JsonObject[]; metadata?: { continue?: string } }
    for (const item of page.items) {
      const text = itemJson(resource, item)
      length += text.length
      texts.push(text)
    }
    if (length > MAX_LIST_CHARS)
      throw invalid(`the list is over ${MAX_LIST_CHARS} characters long; ask for less by a selector`)
    continueToken = page.metadata?.continue || undefined
  } while (continueToken !== undefined)
  return texts
}

/** Items of a list come without apiVersion and kind. */
function itemJson(resource: Resource, item: JsonObject): string {
  if (isJsonObject(item.metadata)) delete item.metadata.managedFields
  return JSON.stringify({ apiVersion: apiVersionOf(resource), kind: resource.kind, ...item })
}

function isLive(scope: CallScope, options: unknown): boolean {
  return scope.sawConflict || asOptions(options).live === true
}

function selector(value: unknown, what: string): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  throw invalid(`${what} ${JSON.stringify(value)} is not a string`)
}

function parsedSelector(text: string | undefined): LabelSelector {
  const parsed = parseLabelSelector(text ?? '')
  if ('fault' in parsed) throw invalid(parsed.fault)
  return parsed
}

/** Each clause is held against each object of the cache while the host does nothing else; a longer one goes to the server. */
const MAX_CACHED_SELECTOR = 2_048
/** A guest is answered with no more. */
const MAX_LIST_CHARS = 64 << 20
/** client-go's default page. */
const PAGE_SIZE = 500
