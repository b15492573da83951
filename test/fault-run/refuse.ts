import type { ServerResponse } from 'node:http'

/** A code, the reason of a Status (none: an HTML page, as of a load balancer), and seconds of Retry-After. */
const ANSWERS: Readonly<Record<string, readonly [code: number, reason?: string, retryAfter?: number]>> = {
  unauthorized: [401, 'Unauthorized'],
  notStreamed: [422, 'Invalid'],
  gone: [410, 'Expired'],
  tooManyWait: [429, 'TooManyRequests', 1],
  tooMany: [429, 'TooManyRequests'],
  internal: [500, 'InternalError'],
  badGateway: [502],
  unavailable: [503],
  unavailableWait: [503, 'ServiceUnavailable', 1],
  gatewayTimeout: [504],
}

/** Answers in the API server's place; `reset` and `neverAnswered` are the two ways not to. `isEvent`: as a watch that begins with an ERROR. */
export function refuse(response: ServerResponse, kind: string, { isEvent = false } = {}): void {
  if (kind === 'neverAnswered') return
  const answer = ANSWERS[kind]
  if (answer === undefined) return void response.destroy()
  const [code, reason, retryAfter] = answer
  const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }
  if (reason === undefined) {
    response.writeHead(code, { 'content-type': 'text/html' })
    return void response.end(`<html><body><h1>${code}</h1></body></html>`)
  }
  response.writeHead(isEvent ? 200 : code, { 'content-type': 'application/json', ...headers })
  response.end(isEvent ? errorEvent(code, reason) : JSON.stringify(statusOf(code, reason)))
}

/** A line of a watch. */
export function errorEvent(code: number, reason: string): string {
  return `${JSON.stringify({ type: 'ERROR', object: statusOf(code, reason) })}\n`
}

function statusOf(code: number, reason: string): object {
  const message = `the misbehaving proxy says ${reason}`
  return { apiVersion: 'v1', kind: 'Status', status: 'Failure', metadata: {}, code, reason, message }
}
