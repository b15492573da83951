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
    const answer = await send(url, target, body)
    const { code, text } = answer
    if (code < 200 || code > 206) throw new Error(describeStatus(answer))
    if (text === '') throw new Error(`0-length response with status code: ${code} and content type: application/json`)
    return text
  } catch (error) {
    throw new Error(describeNetworkError(error as NodeJS.ErrnoException, url), { cause: error })
  }
}

const DEFAULT_MAX_BYTES = 3 * 1024 * 1024

interface WebhookAnswer {
  readonly code: number
  readonly contentType: string | undefined
  readonly text: string
}

/** A connection for each call: webhooks of tests come and go, and a handshake is 2 ms. */
function send(url: URL, target: ReviewTarget, body: string): Promise<WebhookAnswer> {
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
      const { statusCode: code = 0, headers: answered } = response
      const contentType = answered['content-type']
      response.on('end', () => resolve({ code, contentType, text: Buffer.concat(chunks).toString() }))
    })
    call.on('error', reject)
    call.end(body)
  })
}

/** As client-go words them. source: apimachinery pkg/api/errors NewGenericServerResponse */
const STATUS_TEXTS: ReadonlyMap<number, string> = new Map([
  [400, 'the server rejected our request for an unknown reason'],
  [401, 'the server has asked for the client to provide credentials'],
  [404, 'the server could not find the requested resource'],
  [405, 'the server does not allow this method on the requested resource'],
  [409, 'the server reported a conflict'],
  [422, 'the server rejected our request due to an error in our request'],
  [429, 'the server has received too many requests and has asked us to try again later'],
  [503, 'the server is currently unable to handle the request'],
  [504, 'the server was unable to return a response in the time allotted, but may still be processing the request'],
])

/**
 * As client-go reads an answer that is none.
 * differs: client-go asks again after 429 and 5xx with Retry-After, until the time is up
 */
function describeStatus({ code, text, contentType = '' }: WebhookAnswer): string {
  const message = messageOfStatus(text)
  if (message !== undefined) return message
  const known = STATUS_TEXTS.get(code)
  if (known !== undefined) return known
  const isText = contentType === '' || contentType.startsWith('text/')
  const said = (isText && text.trim()) || 'unknown'
  if (code === 403 || code === 415) return said
  if (code === 406 && said === 'unknown')
    return 'the server was unable to respond with a content type that the client supports'
  if (code === 406) return said
  if (code >= 500) return `an error on the server (${JSON.stringify(said)}) has prevented the request from succeeding`
  return `the server responded with the status code ${code} but did not return more information`
}

function messageOfStatus(text: string): string | undefined {
  try {
    const { kind, message } = JSON.parse(text) as { kind?: string; message?: string }
    return kind === 'Status' ? message : undefined
  } catch {
    return undefined
  }
}
