import { ApiError } from '../status.ts'

/** How an answer is wanted. */
export interface Representation {
  readonly format: 'json' | 'yaml'
  /** undefined: as it is. */
  readonly as: 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList' | undefined
  /** Of what it is wanted as: `meta.k8s.io/v1`, or v1beta1. */
  readonly apiVersion: string
}

const PLAIN: Representation = { format: 'json', as: undefined, apiVersion: '' }
const ACCEPTED = 'application/json, application/yaml, application/vnd.kubernetes.protobuf'
const TRANSFORMS = ['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList'] as const

/**
 * The first of what the client accepts that can be had. Protobuf is passed over, so that clients which name JSON second get that.
 * errors: ApiError 406 with kube-apiserver's words
 */
export function negotiate(accept: string | undefined, isList = false): Representation {
  if (accept === undefined || accept.trim() === '') return PLAIN
  let hasTransform = false
  for (const range of accept.split(',')) {
    const [type = '', ...rest] = range.split(';').map((part) => part.trim())
    const parameters = new Map(rest.map((each) => each.split('=', 2) as [string, string]))
    const format = formatOf(type.toLowerCase())
    hasTransform ||= parameters.has('as')
    if (format === undefined || parameters.get('q') === '0') continue
    const as = parameters.get('as')
    if (as === undefined) return { format, as: undefined, apiVersion: '' }
    const known = TRANSFORMS.find((each) => each === as)
    if (known !== undefined && parameters.get('g') === 'meta.k8s.io' && isVersion(parameters.get('v')))
      return { format, as: known, apiVersion: `meta.k8s.io/${parameters.get('v')}` }
  }
  throw notAcceptable(accept, hasTransform, isList)
}

function formatOf(type: string): 'json' | 'yaml' | undefined {
  if (type === 'application/yaml') return 'yaml'
  return type === 'application/json' || type === 'application/*' || type === '*/*' ? 'json' : undefined
}

function isVersion(version: string | undefined): boolean {
  return version === 'v1' || version === 'v1beta1'
}

function notAcceptable(accept: string, hasTransform: boolean, isList: boolean): ApiError {
  if (accept.includes('protobuf') || accept.includes('cbor'))
    return new ApiError(
      406,
      'NotAcceptable',
      'the embedded API server does not imitate protobuf and CBOR: accept application/json',
    )
  if (hasTransform)
    return new ApiError(406, 'NotAcceptable', `only the following media types are accepted: ${ACCEPTED}`)
  const streams = 'application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch'
  const message = `406: Not Acceptable\n\nAvailable representations: ${ACCEPTED}${isList ? `, ${streams}` : ''}`
  return new ApiError(406, 'NotAcceptable', message, {})
}
