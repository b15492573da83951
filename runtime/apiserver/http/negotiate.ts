import { ApiError } from '../status.ts'
import { MEDIA_TYPES, type MediaRange, notAcceptable, parseAccept } from './accept.ts'

/** How an answer is wanted. */
export interface Representation {
  readonly format: 'json' | 'yaml'
  /** undefined: as it is. */
  readonly as: 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList' | undefined
  /** Of what it is wanted as: `meta.k8s.io/v1`, or v1beta1. */
  readonly apiVersion: string
}

/** What is asked for: it decides what can be had. */
export interface Asked {
  /** List and watch are one path: what that offers is told. */
  readonly isList?: boolean
  readonly isWatch?: boolean
  /** Of custom resources there are no routes that look at the header before their handler does. */
  readonly isCustom?: boolean
  /** An error is no object: it is a Status, as JSON or YAML. */
  readonly isError?: boolean
}

const PLAIN: Representation = { format: 'json', as: undefined, apiVersion: '' }
const PRODUCED = MEDIA_TYPES.split(', ')
const STREAMS = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch']
const TRANSFORMS = ['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList'] as const
const GROUP_VERSIONS = ['meta.k8s.io/v1', 'meta.k8s.io/v1beta1']

/**
 * The best of what the client accepts that can be had. Protobuf is passed over, so that clients which name JSON second get that.
 * errors: ApiError 406 with kube-apiserver's words
 * source: apiserver pkg/endpoints/handlers/negotiation/negotiate.go
 */
export function negotiate(accept: string | undefined, asked: Asked = {}): Representation {
  if (accept === undefined || accept.trim() === '') return PLAIN
  if (asked.isCustom !== true && asked.isError !== true && !isProduced(accept)) throw notProduced(accept, asked)
  for (const range of parseAccept(accept)) {
    const format = formatOf(range.type)
    const found = format === undefined ? undefined : representationOf(format, range.parameters, asked)
    if (found !== undefined) return found
  }
  throw refusal(accept)
}

/** go-restful compares letter by letter, and takes no range but that of everything. */
function isProduced(accept: string): boolean {
  const types = accept.split(',').map((range) => (range.split(';', 1)[0] as string).trim())
  return types.some((type) => type === '*/*' || PRODUCED.includes(type))
}

function formatOf(type: string): 'json' | 'yaml' | undefined {
  if (type === 'application/yaml') return 'yaml'
  return type === 'application/json' || type === 'application/*' || type === '*/*' ? 'json' : undefined
}

function representationOf(
  format: 'json' | 'yaml',
  parameters: MediaRange['parameters'],
  { isWatch, isError }: Asked,
): Representation | undefined {
  // What is given without a value is not given.
  const [stream, kind, group = '', version = ''] = ['stream', 'as', 'g', 'v'].map(
    (name) => parameters[name] || undefined,
  )
  if (stream !== undefined && (stream !== 'watch' || format === 'yaml')) return undefined
  // The first that fits is taken, even where it cannot be streamed.
  if (isWatch === true && format === 'yaml') throw notStreamed()
  if (kind === undefined && group === '' && version === '') return { format, as: undefined, apiVersion: '' }
  const apiVersion = `${group}/${version}`
  const as = TRANSFORMS.find((each) => each === kind)
  const isOffered = isError !== true && as !== undefined && GROUP_VERSIONS.includes(apiVersion)
  return isOffered ? { format, as, apiVersion } : undefined
}

function notProduced(accept: string, { isList }: Asked): ApiError {
  if (accept.includes('cbor')) return notImitated()
  const offered = isList === true ? [...PRODUCED, ...STREAMS] : PRODUCED
  const message = `406: Not Acceptable\n\nAvailable representations: ${offered.join(', ')}`
  return new ApiError(406, 'NotAcceptable', message, {})
}

function refusal(accept: string): ApiError {
  return accept.includes('protobuf') || accept.includes('cbor') ? notImitated() : notAcceptable()
}

function notStreamed(): ApiError {
  return new ApiError(406, 'NotAcceptable', `only the following media types are accepted: ${STREAMS.join(', ')}`)
}

function notImitated(): ApiError {
  const why = 'the embedded API server does not imitate protobuf and CBOR: accept application/json'
  return new ApiError(406, 'NotAcceptable', why)
}
