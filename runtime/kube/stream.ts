import type { Dispatcher } from 'undici'
import type { Clock } from '../util/clock.ts'
import { ApiUnreachableError } from './api-unreachable.ts'
import type { Answer } from './exchange.ts'

/** What came of asking for a stream. */
export type OpenedStream =
  | { readonly kind: 'open'; readonly code: number; readonly chunks: AsyncIterableIterator<Buffer> }
  | ({ readonly kind: 'failed' } & Answer)

export interface StreamLimits {
  readonly action: string
  readonly clock: Clock
  /** Until the headers are in; how long the stream may then be silent is its reader's business. */
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
}

/** Of an answer of 400 or above: a Status is short, a proxy's page need not be. */
const MAX_FAILURE_BYTES = 64 * 1024

type Body = Dispatcher.ResponseData['body']

/** Asks for a stream. Errors: ApiUnreachableError, the signal's reason. Reading slower than the server sends holds it back (TCP). */
export async function openStream(
  dispatcher: Dispatcher,
  options: Dispatcher.RequestOptions,
  limits: StreamLimits,
): Promise<OpenedStream> {
  const { statusCode: code, headers, body } = await connect(dispatcher, options, limits)
  // an abort between two reads has no other listener and would end the process
  body.on('error', () => {})
  if (code < 400) return { kind: 'open', code, chunks: chunksOf(body, limits) }
  return { kind: 'failed', code, headers, text: await readFailure(body, limits) }
}

async function connect(
  dispatcher: Dispatcher,
  options: Dispatcher.RequestOptions,
  { action, timeoutMs, signal }: StreamLimits,
): Promise<Dispatcher.ResponseData> {
  try {
    return await dispatcher.request({ ...options, headersTimeout: timeoutMs, signal: signal ?? null })
  } catch (cause) {
    if (signal?.aborted) throw signal.reason
    throw new ApiUnreachableError(action, { cause, notSent: false })
  }
}

async function readFailure(body: Body, { clock, timeoutMs }: StreamLimits): Promise<string> {
  const cancelTimer = clock.after(timeoutMs, () => body.destroy())
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      size += chunk.length
      if (size > MAX_FAILURE_BYTES) break
    }
  } catch {
    // the code is known; half its explanation is better than none
  } finally {
    cancelTimer()
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Not a generator: return() on one that was never started runs no `finally`, and the connection would stay open. */
function chunksOf(body: Body, { action, signal }: StreamLimits): AsyncIterableIterator<Buffer> {
  const reader = (body as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
  return {
    async next() {
      try {
        return await reader.next()
      } catch (cause) {
        if (signal?.aborted) throw signal.reason
        throw new ApiUnreachableError(action, { cause, notSent: false })
      }
    },
    async return() {
      body.destroy()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
