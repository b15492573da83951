import type { Readable } from 'node:stream'
import { ApiError, tooLarge } from '../status.ts'

/** kube-apiserver's own limit: 3 MiB. source: apiserver pkg/server/config.go MaxRequestBodyBytes */
const MAX_BODY_BYTES = 3 * 1024 * 1024

/** How long a body may take to arrive; kube-apiserver's requests end after 60 s. */
const BODY_TIMEOUT_MS = 60_000

/** The whole body. errors: ApiError 413 beyond the limit, 408 when it comes too slowly */
export async function readBody(body: Readable, contentLength: string | undefined): Promise<Buffer> {
  if (Number(contentLength ?? 0) > MAX_BODY_BYTES) throw bodyTooLarge()
  const chunks: Buffer[] = []
  let bytes = 0
  const timer = setTimeout(() => body.destroy(bodyTooSlow()), BODY_TIMEOUT_MS)
  try {
    for await (const chunk of body) {
      bytes += (chunk as Buffer).length
      if (bytes > MAX_BODY_BYTES) throw bodyTooLarge()
      chunks.push(chunk as Buffer)
    }
  } finally {
    clearTimeout(timer)
  }
  return Buffer.concat(chunks)
}

function bodyTooLarge(): ApiError {
  return tooLarge(`Request entity too large: limit is ${MAX_BODY_BYTES}`)
}

function bodyTooSlow(): ApiError {
  return new ApiError(408, 'Timeout', 'the request body did not arrive in time')
}
