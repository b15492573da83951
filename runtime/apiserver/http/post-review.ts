import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { describeNetworkError } from './network-error.ts'

/** Where a review is sent. */
export interface ReviewTarget {
  readonly url: string
  /** PEM of the authority to trust; default: the system's. */
  readonly ca: string | undefined
  readonly timeoutSeconds: number
  readonly userAgent: string
  /** What is read of an answer; more of it is an error. Default: 3 MiB, client-go's bound for its own. */
  readonly maxBytes?: number
}

/** Sends a webhook its review, and answers what it says to it. errors: Error with client-go's words */
export async function postReview(target: ReviewTarget, body: string): Promise<string> {
  const url = new URL(target.url)
  url.searchParams.set('timeout', `${target.timeoutSeconds}s`)
  try {
    const { code, text } = await send(url, target, body)
    if (code < 200 || code > 206) throw new Error(describeStatus(code, text))
    if (text === '') throw new Error(`0-length response with status code: ${code} and content type: application/json`)
    return text
  } catch (error) {
    throw new Error(describeNetworkError(error as NodeJS.ErrnoException, url), { cause: error })
  }
}

const DEFAULT_MAX_BYTES = 3 * 1024 * 1024

/** A connection for each call: webhooks of tests come and go, and a handshake is 2 ms. */
function send(url: URL, target: ReviewTarget, body: string): Promise<{ code: number; text: string }> {
  const { ca, timeoutSeconds, userAgent, maxBytes = DEFAULT_MAX_BYTES } = target
  const request = url.protocol === 'http:' ? httpRequest : httpsRequest
  return new Promise((resolve, reject) => {
    const headers = {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
      Accept: 'application/json, */*',
      'User-Agent': userAgent,
    }
    const signal = AbortSignal.timeout(timeoutSeconds * 1000)
    const options = { method: 'POST', headers, signal, agent: false, ...(ca !== undefined && { ca }) } as const
    const call = request(url, options, (response) => {
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        size += chunk.length
        if (size > maxBytes) call.destroy(new Error(`the response is larger than ${maxBytes} bytes`))
      })
      response.on('error', reject)
      response.on('end', () => resolve({ code: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }))
    })
    call.on('error', reject)
    call.end(body)
  })
}

/** As client-go reads an answer that is none. */
function describeStatus(code: number, text: string): string {
  const message = messageOfStatus(text)
  if (message !== undefined) return message
  const body = text.trim()
  if (code === 404) return 'the server could not find the requested resource'
  if (code === 401) return 'the server has asked for the client to provide credentials'
  if (code === 403 && body !== '') return body
  if (code >= 500)
    return `an error on the server (${JSON.stringify(body || 'unknown')}) has prevented the request from succeeding`
  return 'the server rejected our request for an unknown reason'
}

function messageOfStatus(text: string): string | undefined {
  try {
    const { kind, message } = JSON.parse(text) as { kind?: string; message?: string }
    return kind === 'Status' ? message : undefined
  } catch {
    return undefined
  }
}
