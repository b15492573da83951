import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'

export interface ApiAnswer {
  readonly status: number
  /** Parsed where the answer is JSON, else its text. */
  readonly body: unknown
}

export interface RequestOptions {
  /** Default: a merge patch for PATCH, else JSON. */
  readonly contentType?: string | undefined
  /** Default: JSON. */
  readonly accept?: string
}

/** Requests to one API server as one user, over connections that are kept alive. */
export interface ApiClient {
  request(method: string, path: string, body?: unknown, options?: RequestOptions): Promise<ApiAnswer>
  close(): void
}

interface ApiClientOptions {
  readonly url: string
  /** Default: no credentials. */
  readonly token?: string | undefined
  /** PEM of the authority of an https:// server; default: its certificate is not looked at. */
  readonly ca?: string | undefined
}

export function createApiClient({ url, token, ca }: ApiClientOptions): ApiClient {
  const limits = { keepAlive: true, maxSockets: 32 }
  const isSecure = url.startsWith('https:')
  const agent = isSecure
    ? new HttpsAgent({ ...limits, ...(ca === undefined ? { rejectUnauthorized: false } : { ca }) })
    : new HttpAgent(limits)
  const open = isSecure ? httpsRequest : httpRequest
  return {
    close: () => agent.destroy(),
    request(method, path, body, { contentType = defaultContentType(method), accept = 'application/json' } = {}) {
      const headers: Record<string, string> = { accept }
      if (token !== undefined) headers.authorization = `Bearer ${token}`
      const payload = body === undefined ? undefined : JSON.stringify(body)
      if (payload !== undefined) {
        headers['content-type'] = contentType
        // Node.js sends none with a DELETE, and its body would be read as the connection's next request.
        headers['content-length'] = String(Buffer.byteLength(payload))
      }
      return new Promise((resolve, reject) => {
        const request = open(new URL(path, url), { agent, method, headers, timeout: 30_000 }, async (response) => {
          try {
            const text = Buffer.concat(await response.toArray()).toString()
            const isJson = response.headers['content-type']?.startsWith('application/json') === true
            resolve({ status: response.statusCode as number, body: isJson ? JSON.parse(text) : text })
          } catch (error) {
            reject(error)
          }
        })
        request.once('error', reject)
        request.once('timeout', () => request.destroy(new Error(`${method} ${path}: no answer within 30 s`)))
        request.end(payload)
      })
    },
  }
}

function defaultContentType(method: string): string {
  return method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
}
