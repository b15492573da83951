import { ApiError } from '../status.ts'

/** etcd's --max-request-bytes, and what its client sends at most. */
const MAX_REQUEST_BYTES = 1.5 * 1024 * 1024
const MAX_MESSAGE_BYTES = 2 * 1024 * 1024

/** What etcd would not take is not kept. errors: ApiError 500, as the real one answers */
export function assertStorable(object: object): void {
  const bytes = Buffer.byteLength(JSON.stringify(object))
  if (bytes > MAX_MESSAGE_BYTES) throw new ApiError(500, undefined, tooLongFor(bytes))
  if (bytes > MAX_REQUEST_BYTES) throw new ApiError(500, undefined, 'etcdserver: request is too large')
}

function tooLongFor(bytes: number): string {
  const sizes = `${bytes} vs. ${MAX_MESSAGE_BYTES}`
  return `rpc error: code = ResourceExhausted desc = trying to send message larger than max (${sizes})`
}
