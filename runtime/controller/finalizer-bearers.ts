import type { KubeRequest } from '../kube/client.ts'
import { pathOf, type Resource } from '../kube/resource.ts'
import { isGone, isNotFound } from '../kube/status-error.ts'
import type { FinalizerTarget } from './finalizer-writer.ts'

export interface BearersRequest {
  send(request: KubeRequest): Promise<{ text: string }>
  readonly resource: Resource
  readonly finalizer: string
  /** Empty: all. */
  readonly namespaces: readonly string[]
}

/** What of an object is listed: never its spec or status. */
export interface Bearer extends FinalizerTarget {
  /** `namespace/name`, or `name`. */
  readonly key: string
}

/**
 * Looks for objects that bear a finalizer, whatever their labels: metadata only, page by page.
 * yields:  the bearers of each page; an object may come twice when the list has to begin anew
 * errors:  KubeStatusError, API_UNREACHABLE; a collection that is not there is an empty one
 */
export async function* listBearers(request: BearersRequest): AsyncGenerator<readonly Bearer[]> {
  const { namespaces, resource } = request
  const scopes = namespaces.length === 0 || !resource.namespaced ? [undefined] : namespaces
  for (const namespace of scopes) yield* listScope(request, namespace)
}

async function* listScope(request: BearersRequest, namespace: string | undefined): AsyncGenerator<readonly Bearer[]> {
  let continueToken: string | undefined
  do {
    try {
      const page = await readPage(request, namespace, continueToken)
      // null, for the built-in kinds, where there are none.
      yield (page.items ?? []).map(bearerOf).filter(({ finalizers }) => finalizers.includes(request.finalizer))
      continueToken = page.metadata?.continue || undefined
    } catch (error) {
      if (isNotFound(error)) return
      if (!isGone(error) || continueToken === undefined) throw error
      continueToken = undefined // the snapshot is too old to go on with
      yield* listScope(request, namespace)
    }
  } while (continueToken !== undefined)
}

interface Page {
  readonly metadata?: { readonly continue?: string }
  readonly items?: readonly Item[] | null
}

interface Item {
  readonly metadata: {
    readonly namespace?: string
    readonly name: string
    readonly uid: string
    readonly resourceVersion: string
    readonly deletionTimestamp?: string
    readonly finalizers?: readonly string[]
  }
}

async function readPage(
  { send, resource }: BearersRequest,
  namespace: string | undefined,
  continueToken: string | undefined,
): Promise<Page> {
  const { text } = await send({
    method: 'GET',
    path: pathOf(resource, { namespace }),
    query: { limit: PAGE_SIZE, continue: continueToken },
    accept: METADATA_ONLY_LIST,
  })
  return JSON.parse(text) as Page
}

function bearerOf({ metadata }: Item): Bearer {
  const { namespace, name, uid, resourceVersion, deletionTimestamp, finalizers = [] } = metadata
  const key = namespace === undefined ? name : `${namespace}/${name}`
  return { key, namespace, name, uid, resourceVersion, deletionTimestamp, finalizers }
}

/** client-go's page size. */
const PAGE_SIZE = 500
const METADATA_ONLY_LIST = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json'
