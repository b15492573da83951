import { z } from 'zod'
import { PAGE_POLICY, renderPage } from './page.ts'
import type { ControllerReadiness, ReplayRef, ServerSource } from './server.ts'

/** A response of /parked names this many; the rest is a number. */
const MAX_PARKED = 1_000

/** What routes need to know of a request. */
export interface Request {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly contentType: string | undefined
  /** From this machine, to a loopback address, with a Host header that says so. */
  readonly isLoopback: boolean
  readBody(): Promise<string>
}

export interface Reply {
  readonly status: number
  /** Default: plain text. */
  readonly contentType?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
}

/** Ends a request with this answer. */
export class RequestRefused extends Error {
  override readonly name = 'RequestRefused'
  readonly reply: Reply

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.reply = { status, headers, body: `${message}\n` }
  }
}

const REPLAY = /^\/parked\/([^/]+)\/replay$/

/**
 * Answers one request.
 * errors:  RequestRefused: 403 for all but probes and metrics that comes from elsewhere · 404 · 405 · 400 and 413 of bodies
 */
export async function route(request: Request, source: ServerSource): Promise<Reply> {
  switch (request.path) {
    case '/livez':
      return onGet(request, () => ({ status: 200, body: 'ok\n' }))
    case '/readyz':
      return onGet(request, () => readyz(request, source))
    case '/metrics':
      return await onGet(request, () => metrics(source))
  }
  if (!request.isLoopback) {
    throw new RequestRefused(403, 'From another machine or under another name only /livez, /readyz and /metrics answer')
  }
  if (request.path === '/') return onGet(request, () => page(source))
  if (request.path === '/parked') return onGet(request, () => parked(source))
  const controller = REPLAY.exec(request.path)?.[1]
  if (controller !== undefined) return await replay(controller, request, source)
  throw new RequestRefused(
    404,
    'Not found; there are /, /livez, /readyz, /metrics, /parked and /parked/{controller}/replay',
  )
}

function onGet<Answer>(request: Request, answer: () => Answer): Answer {
  if (request.method === 'GET' || request.method === 'HEAD') return answer()
  throw new RequestRefused(405, 'Only GET is possible here', { allow: 'GET, HEAD' })
}

function readyz({ query }: Request, source: ServerSource): Reply {
  const { ok, controllers, problems = [] } = source.ready()
  const shown = query.has('verbose') ? controllers : controllers.filter((controller) => !controller.ok)
  const lines = [...shown.map(readinessLine), ...problems.map((problem) => `[-] ${oneLine(problem)}`)]
  return { status: ok ? 200 : 503, body: `${[...lines, ok ? 'ready' : 'not ready'].join('\n')}\n` }
}

/** `[+] mydemo Running`, as the API server's own probes mark their lines. */
function readinessLine({ name, state, message, ok }: ControllerReadiness): string {
  return `[${ok ? '+' : '-'}] ${name} ${state}${message === undefined ? '' : `: ${oneLine(message)}`}`
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}

async function metrics(source: ServerSource): Promise<Reply> {
  const { contentType, text } = await source.metrics()
  return { status: 200, contentType, body: text }
}

function page(source: ServerSource): Reply {
  const headers = { 'content-security-policy': PAGE_POLICY, 'referrer-policy': 'no-referrer' }
  return { status: 200, contentType: 'text/html; charset=utf-8', headers, body: renderPage(source.overview()) }
}

function parked(source: ServerSource): Reply {
  const all = source.parked()
  return json(200, { total: all.length, parked: all.slice(0, MAX_PARKED) })
}

async function replay(controller: string, request: Request, source: ServerSource): Promise<Reply> {
  if (request.method !== 'POST') throw new RequestRefused(405, 'Only POST is possible here', { allow: 'POST' })
  // A form of a foreign page can post, but not JSON without being asked first.
  if (!isJson(request.contentType)) throw new RequestRefused(403, 'The content type must be application/json')
  const ref = readRef(await request.readBody())
  if (source.replay(controller, ref)) return json(202, { controller, ...ref })
  const object = ref.namespace === undefined ? ref.name : `${ref.namespace}/${ref.name}`
  return json(404, { error: `"${object}" is not parked in "${controller}"` })
}

function isJson(contentType: string | undefined): boolean {
  return contentType?.split(';')[0]?.trim().toLowerCase() === 'application/json'
}

const refSchema = z.strictObject({ namespace: z.string().min(1).optional(), name: z.string().min(1) })

function readRef(text: string): ReplayRef {
  const { data } = refSchema.safeParse(parseJson(text))
  if (data === undefined)
    throw new RequestRefused(
      400,
      'The body must be {"namespace": "…", "name": "…"}, the first for namespaced kinds only',
    )
  return { name: data.name, ...(data.namespace !== undefined && { namespace: data.namespace }) }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function json(status: number, value: unknown): Reply {
  return { status, contentType: 'application/json', body: `${JSON.stringify(value)}\n` }
}
