import type { Readable } from 'node:stream'
import type { Clock } from '../../util/clock.ts'
import { ApiError, badRequest, tooLarge } from '../status.ts'

/** kube-apiserver's own limit: 3 MiB. source: apiserver pkg/server/config.go MaxRequestBodyBytes */
const MAX_BODY_BYTES = 3 * 1024 * 1024

/** How long a body may take to arrive; kube-apiserver's requests end after 60 s. */
export const BODY_TIMEOUT_MS = 60_000

/**
 * The whole body. What is left of one that is refused is not kept, and the connection is not touched: the client is to be told.
 * errors: ApiError 413 beyond the limit, 408 when it comes too slowly, 400 when it ends before its end
 */
export function readBody(body: Readable, contentLength: string | undefined, after: Clock['after']): Promise<Buffer> {
  if (Number(contentLength ?? 0) > MAX_BODY_BYTES) return Promise.reject(bodyTooLarge())
  if (body.destroyed) return body.readableEnded ? Promise.resolve(Buffer.of()) : Promise.reject(bodyCutOff())
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const onData = (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > MAX_BODY_BYTES) fail(bodyTooLarge())
      else chunks.push(chunk)
    }
    const onEnd = () => {
      stop()
      resolve(Buffer.concat(chunks))
    }
    const onCutOff = () => fail(bodyCutOff())
    const cancel = after(BODY_TIMEOUT_MS, () => fail(bodyTooSlow()))
    const fail = (error: ApiError) => {
      stop()
      // What is still to come has no listener, and is thrown away.
      body.resume()
      reject(error)
    }
    const stop = () => {
      cancel()
      body.off('data', onData).off('end', onEnd).off('close', onCutOff)
    }
    // Also after the answer: an error that nobody hears would end the process.
    body.on('error', () => {})
    body.on('data', onData).on('end', onEnd).on('close', onCutOff)
  })
}

function bodyTooLarge(): ApiError {
  return tooLarge(`Request entity too large: limit is ${MAX_BODY_BYTES}`)
}

function bodyTooSlow(): ApiError {
  return new ApiError(408, 'Timeout', 'the request body did not arrive in time')
}

function bodyCutOff(): ApiError {
  return badRequest('unexpected EOF')
}
