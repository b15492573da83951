import { ApiError } from '../status.ts'

export { badRequest } from '../status.ts'

/** What the real server answers where it did not think of an error: a 500 with the bare message. */
export function internalServerError(message: string): ApiError {
  return new ApiError(500, undefined, message)
}
