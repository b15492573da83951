import type { KubeRequest } from '../kube/client.ts'

/** Long enough to recognize a status, short enough for a line. */
const MAX_SHOWN = 160

/**
 * What a request of a controller changes, as a person would say it: `status of mydemos default/example: {"ready":true}`.
 * undefined: it changes nothing, or is no resource's.
 */
export function sayWrite({ method, path, body, query, contentType }: KubeRequest): string | undefined {
  const verb = VERBS[method]
  if (verb === undefined || query?.dryRun !== undefined) return undefined
  const place = placeOf(path)
  if (place === undefined) return undefined
  const content = body === undefined ? undefined : parse(body)
  if ((content as { dryRun?: unknown } | undefined)?.dryRun !== undefined) return undefined
  if (place.resource === 'events') return sayEvent(content)
  const isStatus = place.subresource === 'status'
  const what = `${place.subresource === undefined ? '' : `${place.subresource} of `}${place.resource}`
  const name = place.name ?? nameIn(content)
  const object = [place.namespace, name].filter((part) => part !== undefined).join('/')
  const shown =
    method === 'PATCH' && contentType !== 'application/apply-patch+yaml' ? show(changeIn(content, isStatus)) : ''
  return `${contentType === 'application/apply-patch+yaml' ? 'Applied' : verb} ${what} ${object}${shown}`
}

const VERBS: Partial<Record<KubeRequest['method'], string>> = {
  POST: 'Created',
  PUT: 'Updated',
  PATCH: 'Patched',
  DELETE: 'Deleted',
}

interface Place {
  readonly resource: string
  readonly namespace: string | undefined
  readonly name: string | undefined
  readonly subresource: string | undefined
}

function placeOf(path: string): Place | undefined {
  const [root, ...rest] = (path.split('?')[0] as string).slice(1).split('/').map(decodeURIComponent)
  const parts = root === 'api' ? rest.slice(1) : root === 'apis' ? rest.slice(2) : []
  const isInNamespace = parts[0] === 'namespaces' && parts.length > 2
  const [resource, name, subresource] = isInNamespace ? parts.slice(2) : parts
  if (resource === undefined) return undefined
  return { resource, namespace: isInNamespace ? parts[1] : undefined, name, subresource }
}

function sayEvent(event: unknown): string | undefined {
  const { type, reason, note } = (event ?? {}) as Record<string, unknown>
  // The count of a series is no new event.
  return typeof reason === 'string' ? `Event ${type} ${reason}: ${note}` : undefined
}

/** Of a JSON patch, what its operations write; its tests say nothing. */
function changeIn(content: unknown, isStatus: boolean): unknown {
  if (!Array.isArray(content)) return content
  const writes = content.filter(({ op }) => op !== 'test')
  const [first] = writes
  return isStatus && writes.length === 1 && 'value' in first ? first.value : writes
}

function nameIn(content: unknown): string | undefined {
  return (content as { metadata?: { name?: string } } | undefined)?.metadata?.name
}

function show(value: unknown): string {
  if (value === undefined) return ''
  const text = JSON.stringify(value)
  return `: ${text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text}`
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
