import type { InProcessClient } from '../in-process-client.ts'
import type { ApiObject, JsonValue } from '../json.ts'

/** What of a resource a path needs; an ApiResource has it. */
export interface ResourcePath {
  readonly group: string
  readonly version: string
  readonly plural: string
}

export interface ObjectName {
  readonly namespace: string
  readonly name: string
}

export interface DeleteRequest {
  readonly propagationPolicy?: 'Foreground' | 'Background' | 'Orphan'
  readonly gracePeriodSeconds?: number
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
}

/** An answer with a code of 400 or more. */
export class RequestFailure extends Error {
  override readonly name = 'RequestFailure'
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

/** The API in verbs. errors: RequestFailure */
export class ObjectClient {
  readonly #client: InProcessClient
  readonly #manager: string

  /** `manager`: as who it writes fields. */
  constructor(client: InProcessClient, manager = 'kube-controller-manager') {
    this.#client = client
    this.#manager = manager
  }

  create(resource: ResourcePath, object: ApiObject): Promise<ApiObject> {
    const { namespace = '' } = object.metadata
    return this.#send('POST', pathOf(resource, { namespace, name: '' }), object)
  }

  /** `subresource`: `status`, or another that takes the whole object. */
  update(resource: ResourcePath, object: ApiObject, subresource?: string): Promise<ApiObject> {
    const { namespace = '', name = '' } = object.metadata
    return this.#send('PUT', pathOf(resource, { namespace, name }, subresource), object)
  }

  /** By a JSON merge patch. */
  patch(resource: ResourcePath, of: ObjectName, patch: JsonValue, subresource?: string): Promise<ApiObject> {
    return this.#send('PATCH', pathOf(resource, of, subresource), patch, 'application/merge-patch+json')
  }

  async delete(resource: ResourcePath, of: ObjectName, request: DeleteRequest = {}): Promise<void> {
    await this.#send('DELETE', pathOf(resource, of), { kind: 'DeleteOptions', apiVersion: 'v1', ...request })
  }

  /** All objects of a resource in a namespace. */
  async deleteCollection(resource: ResourcePath, namespace: string, request: DeleteRequest = {}): Promise<void> {
    await this.delete(resource, { namespace, name: '' }, request)
  }

  async #send(method: string, path: string, body: unknown, contentType?: string): Promise<ApiObject> {
    const manager = method === 'DELETE' ? '' : `?fieldManager=${this.#manager}`
    const answer = await this.#client.request(method, `${path}${manager}`, body, contentType)
    if (answer.code >= 400) throw new RequestFailure(answer.code, messageOf(answer.body) ?? `${method} ${path} failed`)
    return answer.body as ApiObject
  }
}

export function hasCode(error: unknown, ...codes: readonly number[]): boolean {
  return error instanceof RequestFailure && codes.includes(error.code)
}

/** Waits for what may find its object gone, made already or changed: whoever changed it brings the next turn. */
export async function unlessCode<T>(promise: Promise<T>, ...codes: readonly number[]): Promise<T | undefined> {
  try {
    return await promise
  } catch (error) {
    if (hasCode(error, ...codes)) return undefined
    throw error
  }
}

function pathOf({ group, version, plural }: ResourcePath, { namespace, name }: ObjectName, subresource = ''): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
  const parts = [namespace === '' ? '' : `namespaces/${namespace}`, plural, name, subresource]
  return [root, ...parts.filter((part) => part !== '').map(encodePart)].join('/')
}

/** Names of some kinds (roles) may have what a path may not. */
function encodePart(part: string): string {
  return part.split('/').map(encodeURIComponent).join('/')
}

function messageOf(body: unknown): string | undefined {
  return (body as { message?: string } | undefined)?.message
}
