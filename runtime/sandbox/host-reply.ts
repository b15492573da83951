import { messageOf } from '../util/message-of.ts'

const MAX_MESSAGE = 2_000

/** The text of a reply frame for an answer, which is JSON or nothing; one that is too long becomes an error. */
export function okReply(json: string | undefined, maxLength: number): string {
  if (json === undefined) return '{}'
  if (json.length <= maxLength) return `{"ok":${json}}`
  return errorReply(new RangeError(`The answer is ${json.length} characters long, at most ${maxLength} are passed on`))
}

/** The text of a reply frame for a failure: what a handler may see of it, never the stack or the cause. */
export function errorReply(error: unknown): string {
  const { name, code, reason, details } = Object(error) as Record<string, unknown>
  return JSON.stringify({
    error: {
      name: typeof name === 'string' ? name : 'Error',
      message: messageOf(error).slice(0, MAX_MESSAGE),
      code: typeof code === 'string' || typeof code === 'number' ? code : undefined,
      reason: typeof reason === 'string' ? reason : undefined,
      details,
    },
  })
}
