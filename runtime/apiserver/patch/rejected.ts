import { ApiError } from '../status.ts'

/** A patch that does not apply. The real server says no more than this to its client; `cause` keeps what it was. */
export function rejected(why: string): ApiError {
  const error = new ApiError(422, 'Invalid', 'the server rejected our request due to an error in our request', {})
  error.cause = why
  return error
}
