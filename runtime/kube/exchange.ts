import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import { RuntimeError } from '../errors.ts'
import type { Clock } from '../util/clock.ts'
import { ApiUnreachableError } from './api-unreachable.ts'

/** A whole answer, whatever its code. */
export interface Answer {
  readonly code: number
  readonly text: string
  readonly headers: IncomingHttpHeaders
}

export interface ExchangeLimits {
  /** For error messages: `PATCH https://host/path`. */
  readonly action: string
  readonly clock: Clock
  /** From here to the answer's last byte, waiting for a free connection included. */
  readonly timeoutMs: number
  /** Of the answer's body. */
  readonly maxBytes: number
  readonly signal: AbortSignal | undefined
  /** Called when the request goes to a connection: from then on the server may act on it. */
  readonly onSent: (() => void) | undefined
}

/**
 * Sends one request and collects its answer.
 * errors:  ApiUnreachableError; the signal's reason; REQUEST_INVALID for an answer above `maxBytes`
 * source:  undici's dispatch handlers, as only they tell whether a request has left the queue for a connection
 */
export function exchange(
  dispatcher: Dispatcher,
  options: Dispatcher.DispatchOptions,
  { action, clock, timeoutMs, maxBytes, signal, onSent }: ExchangeLimits,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined
    let head: Pick<Answer, 'code' | 'headers'> = { code: 0, headers: {} }
    const chunks: Buffer[] = []
    let size = 0
    let settled: Error | true | undefined

    /** True for the first caller only; releases timer and listener. */
    const settle = (outcome: Error | true): boolean => {
      if (settled !== undefined) return false
      settled = outcome
      cancelTimer()
      signal?.removeEventListener('abort', onAbort)
      return true
    }
    const fail = (error: Error) => {
      if (!settle(error)) return
      controller?.abort(error)
      reject(error)
    }
    const unreachable = (cause: unknown) =>
      fail(new ApiUnreachableError(action, { cause, notSent: controller === undefined }))
    const onAbort = () => {
      if (!settle(new Error('aborted'))) return
      controller?.abort(new Error('aborted'))
      reject(signal?.reason)
    }
    const cancelTimer = clock.after(timeoutMs, () => unreachable(new Error(`no whole answer within ${timeoutMs} ms`)))
    if (signal?.aborted) return onAbort()
    signal?.addEventListener('abort', onAbort, { once: true })

    dispatcher.dispatch(options, {
      onRequestStart(started) {
        if (settled instanceof Error) return started.abort(settled)
        controller = started
        onSent?.()
      },
      onResponseStart(_controller, code, headers) {
        if (code >= 200) head = { code, headers }
      },
      onResponseData(_controller, chunk) {
        size += chunk.length
        if (size > maxBytes) fail(tooLong(action, maxBytes))
        else chunks.push(chunk)
      },
      onResponseEnd() {
        if (settle(true)) resolve({ ...head, text: Buffer.concat(chunks, size).toString('utf8') })
      },
      onResponseError(_controller, error) {
        unreachable(error)
      },
    })
  })
}

const tooLong = (action: string, maxBytes: number) =>
  new RuntimeError(
    'REQUEST_INVALID',
    `Cannot ${action}: the answer is longer than ${maxBytes} bytes; ask for less at once`,
  )
