import { ApiError } from '../status.ts'

/** One entry of an Accept header. */
export interface MediaRange {
  readonly type: string
  readonly parameters: Readonly<Record<string, string>>
}

/** In the client's order of preference: by q, then as written. An absent header asks for anything. */
export function parseAccept(accept: string | undefined): MediaRange[] {
  const ranges = (accept === undefined || accept.trim() === '' ? '*/*' : accept).split(',').map(parseRange)
  const quality = ({ parameters }: MediaRange) => Number.parseFloat(parameters.q ?? '1')
  return ranges.filter((range) => quality(range) !== 0).sort((a, b) => quality(b) - quality(a))
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

const ACCEPTED = 'application/json, application/yaml, application/vnd.kubernetes.protobuf'

/** source: apiserver pkg/endpoints/handlers/negotiation/errors.go */
export function notAcceptable(): ApiError {
  return new ApiError(406, 'NotAcceptable', `only the following media types are accepted: ${ACCEPTED}`)
}

/** Of lists of resources, whose answer is chosen before it is looked at. */
export function noRepresentation(): ApiError {
  return new ApiError(406, 'NotAcceptable', `406: Not Acceptable\n\nAvailable representations: ${ACCEPTED}`, {})
}
