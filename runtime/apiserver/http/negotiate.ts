import { ApiError } from '../status.ts'
import { MEDIA_TYPES, notAcceptable, parseAccept } from './accept.ts'

/** How an answer is wanted. */
export interface Representation {
  readonly format: 'json' | 'yaml'
  /** undefined: as it is. */
  readonly as: 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList' | undefined
  /** Of what it is wanted as: `meta.k8s.io/v1`, or v1beta1. */
  readonly apiVersion: string
}

const PLAIN: Representation = { format: 'json', as: undefined, apiVersion: '' }
const TRANSFORMS = ['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList'] as const

/**
 * What the client prefers of what can be had. Protobuf is passed over, so that clients which name JSON second get that.
 * errors: ApiError 406 with kube-apiserver's words
 */
export function negotiate(accept: string | undefined, isList = false): Representation {
  if (accept === undefined || accept.trim() === '') return PLAIN
  let hasTransform = false
  for (const { type, parameters } of parseAccept(accept)) {
    const format = formatOf(type)
    const { as, g, v } = parameters
    hasTransform ||= as !== undefined
    if (format === undefined) continue
    if (as === undefined) return { format, as: undefined, apiVersion: '' }
    const known = TRANSFORMS.find((each) => each === as)
    if (known !== undefined && g === 'meta.k8s.io' && isVersion(v))
      return { format, as: known, apiVersion: `meta.k8s.io/${v}` }
  }
  throw refusal(accept, hasTransform, isList)
}

function formatOf(type: string): 'json' | 'yaml' | undefined {
  if (type === 'application/yaml') return 'yaml'
  return type === 'application/json' || type === 'application/*' || type === '*/*' ? 'json' : undefined
}

function isVersion(version: string | undefined): boolean {
  return version === 'v1' || version === 'v1beta1'
}

function refusal(accept: string, hasTransform: boolean, isList: boolean): ApiError {
  if (accept.includes('protobuf') || accept.includes('cbor'))
    return new ApiError(
      406,
      'NotAcceptable',
      'the embedded API server does not imitate protobuf and CBOR: accept application/json',
    )
  if (hasTransform) return notAcceptable()
  const streams = 'application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch'
  const message = `406: Not Acceptable\n\nAvailable representations: ${MEDIA_TYPES}${isList ? `, ${streams}` : ''}`
  return new ApiError(406, 'NotAcceptable', message, {})
}
