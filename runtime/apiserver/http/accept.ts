import { ApiError } from '../status.ts'

/** One entry of an Accept header. */
export interface MediaRange {
  readonly type: string
  readonly parameters: Readonly<Record<string, string>>
}

/**
 * In the client's order of preference: by q, then as written. An absent header asks for anything; q=0 excludes nothing,
 * and what is no number counts as 0.
 * source: munnerz/goautoneg ParseAccept
 */
export function parseAccept(accept: string | undefined): MediaRange[] {
  const ranges = (accept === undefined || accept.trim() === '' ? '*/*' : accept).split(',').map(parseRange)
  return ranges.sort((a, b) => quality(b) - quality(a))
}

function quality({ parameters }: MediaRange): number {
  return Number(parameters.q ?? 1) || 0
}

function parseRange(text: string): MediaRange {
  const [type = '', ...rest] = text.split(';').map((part) => part.trim())
  const parameters = rest.map((each) => each.split('=', 2).map((part) => part.trim()) as [string, string?])
  return {
    type: type.toLowerCase(),
    parameters: Object.fromEntries(parameters.map(([key, value]) => [key, value ?? ''])),
  }
}

/** JSON, or YAML that is made of it. */
export function allowsJson({ type }: MediaRange): boolean {
  return ['application/json', 'application/yaml', 'application/*', '*/*'].includes(type)
}

/** What kube-apiserver can read and write, as its messages list it. */
export const MEDIA_TYPES = 'application/json, application/yaml, application/vnd.kubernetes.protobuf'

/** source: apiserver pkg/endpoints/handlers/negotiation/errors.go */
export function notAcceptable(): ApiError {
  return new ApiError(406, 'NotAcceptable', `only the following media types are accepted: ${MEDIA_TYPES}`)
}

/** Of lists of resources, whose answer is chosen before it is looked at. */
export function noRepresentation(): ApiError {
  return new ApiError(406, 'NotAcceptable', `406: Not Acceptable\n\nAvailable representations: ${MEDIA_TYPES}`, {})
}
