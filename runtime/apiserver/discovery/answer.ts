import { createHash } from 'node:crypto'

/** A whole answer, ready to be sent; a HEAD leaves out the body. */
export interface DiscoveryAnswer {
  readonly code: number
  readonly headers: Readonly<Record<string, string>>
  /** Bytes where it is no text. */
  readonly body: string | Buffer
}

export interface DiscoveryRequest {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly query: URLSearchParams
  /** The header; undefined: anything. */
  readonly accept: string | undefined
  readonly ifNoneMatch: string | undefined
}

const NO_CACHE = { 'cache-control': 'no-cache, private' }

export function jsonAnswer(value: unknown): DiscoveryAnswer {
  return {
    code: 200,
    headers: { ...NO_CACHE, 'content-type': 'application/json' },
    body: `${JSON.stringify(value)}\n`,
  }
}

export function textAnswer(code: number, text: string): DiscoveryAnswer {
  const headers = { ...NO_CACHE, 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' }
  return { code, headers, body: text }
}

/** What a path gets that is neither a resource's nor served otherwise; of a group that is not served, too. */
export function pageNotFound(): DiscoveryAnswer {
  return textAnswer(404, '404 page not found\n')
}

export function emptyAnswer(code: number, headers: Readonly<Record<string, string>> = {}): DiscoveryAnswer {
  return { code, headers: { ...NO_CACHE, ...headers }, body: '' }
}

/** As kube-apiserver makes its ETags: of the content, in capitals. */
export function hashOf(body: string): string {
  return createHash('sha512').update(body).digest('hex').toUpperCase()
}
