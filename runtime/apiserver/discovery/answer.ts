import { createHash } from 'node:crypto'
import { type Answer, jsonText, NO_CACHE } from '../http/answer.ts'

export interface DiscoveryRequest {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly query: URLSearchParams
  /** The header; undefined: anything. */
  readonly accept: string | undefined
  readonly ifNoneMatch: string | undefined
}

export function jsonAnswer(value: unknown): Answer {
  return jsonText(200, JSON.stringify(value))
}

/** For a person to read, in every client. */
export function indentedAnswer(value: unknown): Answer {
  return { ...jsonAnswer(value), body: JSON.stringify(value, undefined, 2) }
}

export function textAnswer(code: number, text: string): Answer {
  const headers = { ...NO_CACHE, 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' }
  return { code, headers, body: text }
}

/** What a path gets that is neither a resource's nor served otherwise; of a group that is not served, too. */
export function pageNotFound(): Answer {
  return textAnswer(404, '404 page not found\n')
}

export function emptyAnswer(code: number, headers: Readonly<Record<string, string>> = {}): Answer {
  return { code, headers: { ...NO_CACHE, ...headers }, body: '' }
}

/** As kube-apiserver makes its ETags: of the content, in capitals. */
export function hashOf(body: string): string {
  return createHash('sha512').update(body).digest('hex').toUpperCase()
}
