import { describeJsonFault } from '../http/go-json-error.ts'
import { goNameOf } from '../http/go-names.ts'
import { isJsonObject, type JsonValue } from '../json.ts'
import { ApiError, badRequest } from '../status.ts'

/** Where a list goes on. */
export interface ContinueToken {
  /** What the first page was a list of; -1: of whatever there is now. */
  readonly revision: number
  /** `/namespace/name` or `/name` after which to go on, with a zero byte behind. */
  readonly start: string
}

const VERSION = 'meta.k8s.io/v1'

/** kube-apiserver's own form: clients do not look into it, but people do. */
export function writeContinueToken({ revision, start }: ContinueToken): string {
  const text = JSON.stringify({ v: VERSION, rv: revision, start })
  return Buffer.from(text).toString('base64url')
}

/** errors: ApiError 400 with kube-apiserver's words. source: apiserver pkg/storage/continue.go */
export function readContinueToken(token: string): ContinueToken {
  const { v, rv, start } = parse(token)
  assertType('v', v, 'string', 'string')
  assertType('rv', rv, 'number', 'int64')
  assertType('start', start, 'string', 'string')
  if (v !== VERSION) throw refused(`server does not recognize this encoded version ${JSON.stringify(v ?? '')}`)
  if (typeof rv !== 'number' || rv === 0)
    throw refused('incorrect encoded start resourceVersion (version meta.k8s.io/v1)')
  if (typeof start !== 'string' || start === '')
    throw refused('continue key is not valid: encoded start key empty (version meta.k8s.io/v1)')
  return { revision: rv, start }
}

function assertType(field: string, value: JsonValue | undefined, type: string, goType: string): void {
  if (value !== undefined && value !== null && typeof value !== type)
    throw refused(
      `json: cannot unmarshal ${goNameOf(value)} into Go struct field continueToken.${field} of type ${goType}`,
    )
}

function parse(token: string): Record<string, JsonValue | undefined> {
  const base64 = token.replace(/[\r\n]/g, '')
  const wrong = base64.search(/[^\w-]/)
  if (wrong >= 0 || base64.length % 4 === 1)
    throw refused(`illegal base64 data at input byte ${wrong >= 0 ? wrong : token.length - 1}`)
  const bytes = Buffer.from(token, 'base64url')
  try {
    const value = JSON.parse(bytes.toString('utf8')) as JsonValue
    if (isJsonObject(value)) return value
  } catch {
    throw refused(describeJsonFault(bytes))
  }
  throw refused('json: cannot unmarshal into a continue token')
}

function refused(why: string): ApiError {
  return badRequest(`invalid continue token: continue key is not valid: ${why}`)
}

const TOO_OLD =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without ' +
  'the continue parameter, or use the continue token in this response to retrieve the remainder of the results. ' +
  'Continuing with the provided token results in an inconsistent list - objects that were created, modified, or ' +
  'deleted between the time the first chunk was returned and now may show up in the list.'

/** 410, with a token that goes on with what there is now. */
export function continueExpired(start: string): ApiError {
  const token = writeContinueToken({ revision: -1, start })
  return new ApiError(410, 'Expired', TOO_OLD, undefined, {}, { continue: token })
}
