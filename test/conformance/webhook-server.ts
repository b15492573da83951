import type { ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { cert } from '../kube/certificates.ts'
import { isMap, type Json, type JsonMap } from './json.ts'
import type { Webhooks } from './run-case.ts'

/** Admission and conversion webhooks on loopback; the path says how it answers. */
export async function startWebhooks(): Promise<Webhooks & { stop(): void }> {
  const server = createServer({ cert: cert('server-a.crt'), key: cert('server.key') }, (request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    request.on('end', () => {
      const path = new URL(request.url ?? '/', 'https://127.0.0.1').pathname
      if (path === '/silent') return
      if (path === '/fail') return void response.writeHead(500).end('out of order')
      if (path === '/nonsense') return void response.end('no review')
      if (path.startsWith('/say/')) return say(response, path.slice('/say/'.length), text)
      const review = JSON.parse(text) as { apiVersion: string; kind: string; request: JsonMap }
      const answered = path === '/convert' ? convert(review.request) : admit(path, review.request)
      const { apiVersion, kind } = review
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ apiVersion, kind, response: { uid: review.request.uid, ...answered } }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  server.unref()
  const stop = () => {
    server.closeAllConnections()
    server.close()
  }
  const ca = Buffer.from(cert('ca-a.crt')).toString('base64')
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, ca, stop }
}

/** What a webhook is to answer; the review's uid, version and kind stand in the answer unless they are said. */
export interface Said {
  readonly code?: number
  readonly headers?: Readonly<Record<string, string>>
  /** In place of a review. */
  readonly text?: string
  readonly review?: JsonMap
  readonly response?: JsonMap
  /** The response's patch. */
  readonly operations?: Json
}

/** The path at which a webhook answers so. */
export function saying(said: Said): string {
  return `/say/${Buffer.from(JSON.stringify(said)).toString('base64url')}`
}

function say(answer: ServerResponse, path: string, asked: string): void {
  const said = JSON.parse(Buffer.from(path, 'base64url').toString()) as Said
  const { apiVersion, kind, request } = JSON.parse(asked) as { apiVersion: string; kind: string; request: JsonMap }
  const patch = said.operations === undefined ? {} : patched(said.operations)
  const response = { uid: request.uid as Json, allowed: true, ...patch, ...said.response }
  answer.writeHead(said.code ?? 200, { 'content-type': 'application/json', ...said.headers })
  answer.end(said.text ?? JSON.stringify({ apiVersion, kind, response, ...said.review }))
}

function admit(path: string, request: JsonMap): JsonMap {
  switch (path) {
    case '/allow':
      return { allowed: true }
    case '/deny':
      return { allowed: false, status: { message: 'not today', reason: 'Forbidden', code: 403 } }
    case '/deny-plainly':
      return { allowed: false }
    case '/deny-code':
      return { allowed: false, status: { message: 'too many of them', code: 429, reason: 'TooManyRequests' } }
    case '/warn':
      return { allowed: true, warnings: ['be careful', 'it is "old"'] }
    case '/label':
      return patched([{ op: 'add', path: '/metadata/labels', value: { ...labelsOf(request), mutated: 'yes' } }])
    case '/count':
      return patched([{ op: 'add', path: '/metadata/labels', value: { ...labelsOf(request), seen: seen(request) } }])
    case '/bad-patch':
      return patched([{ op: 'remove', path: '/nowhere/at/all' }])
    case '/tell':
      return { allowed: false, status: { message: tell(request) } }
    default:
      return { allowed: false, status: { message: `no webhook ${path}`, code: 404 } }
  }
}

function patched(operations: Json): JsonMap {
  return { allowed: true, patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(operations)).toString('base64') }
}

function labelsOf({ object }: JsonMap): JsonMap {
  const metadata = isMap(object) && isMap(object.metadata) ? object.metadata : {}
  return isMap(metadata.labels) ? metadata.labels : {}
}

function seen(request: JsonMap): string {
  return `${Number(labelsOf(request).seen ?? 0) + 1}`
}

/** What it was asked, objects shortened to where they are and what their keys are. */
function tell(request: JsonMap): string {
  const shortened = Object.entries(request).map(([key, value]) => {
    if (!isMap(value) || (key !== 'object' && key !== 'oldObject' && key !== 'userInfo')) return [key, value]
    if (key === 'userInfo') return [key, { username: value.username, groups: value.groups }]
    return [key, Object.keys(value).toSorted()]
  })
  const sorted = shortened.toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1))
  return JSON.stringify(Object.fromEntries(sorted))
}

/** v1's `size` is v2's `dimensions.size`; an object named `stubborn...` cannot be converted. */
function convert(request: JsonMap): JsonMap {
  const wanted = String(request.desiredAPIVersion)
  const objects = (request.objects as JsonMap[]).map((object) => convertObject(object, wanted))
  const stubborn = objects.find(({ metadata }) => isMap(metadata) && String(metadata.name).startsWith('stubborn'))
  if (stubborn !== undefined)
    return { result: { status: 'Failed', message: 'it will not be converted' }, convertedObjects: [] }
  return { result: { status: 'Success' }, convertedObjects: objects }
}

function convertObject(object: JsonMap, apiVersion: string): JsonMap {
  const { spec } = object
  if (object.apiVersion === apiVersion || !isMap(spec)) return { ...object, apiVersion }
  const { size, dimensions, ...rest } = spec
  if (apiVersion.endsWith('/v2')) return { ...object, apiVersion, spec: { ...rest, dimensions: { size: size ?? 0 } } }
  return { ...object, apiVersion, spec: { ...rest, size: isMap(dimensions) ? (dimensions.size ?? 0) : 0 } }
}
