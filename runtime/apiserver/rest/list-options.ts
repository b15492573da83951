import type { FieldError } from '../field-error.ts'
import type { RequestInfo } from '../request-info.ts'
import { ApiError, badRequest, invalid } from '../status.ts'
import { parseTerms } from './field-selector.ts'
import { parseLabelSelector } from './label-selector.ts'
import { notSupported, readBoolean, readInteger } from './write-options.ts'

export interface ListOptions {
  /** 0: all. */
  readonly limit: number
  readonly continueToken: string
  /** As sent; empty: the newest. */
  readonly resourceVersion: string
  readonly resourceVersionMatch: '' | 'Exact' | 'NotOlderThan'
  readonly timeoutSeconds: number | undefined
  readonly allowsBookmarks: boolean
  readonly sendsInitialEvents: boolean | undefined
}

const MATCHES = ['Exact', 'NotOlderThan', '']

/** errors: ApiError 400, 422 with kube-apiserver's words. source: apimachinery pkg/apis/meta/internalversion/validation */
export function readListOptions(query: URLSearchParams, isWatch: boolean): ListOptions {
  const match = query.get('resourceVersionMatch') ?? ''
  const options = {
    limit: Math.max(0, readInteger(query, 'limit') ?? 0),
    continueToken: query.get('continue') ?? '',
    resourceVersion: query.get('resourceVersion') ?? '',
    resourceVersionMatch: match as ListOptions['resourceVersionMatch'],
    timeoutSeconds: readInteger(query, 'timeoutSeconds'),
    allowsBookmarks: readBoolean(query, 'allowWatchBookmarks') ?? false,
    sendsInitialEvents: readBoolean(query, 'sendInitialEvents'),
  }
  assertSelectors(query)
  const errors = isWatch ? watchFaults(options) : listFaults(options)
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors)
  return options
}

/** They are read before anything is said of how the options go together. errors: ApiError 400 */
function assertSelectors(query: URLSearchParams): void {
  parseLabelSelector(query.get('labelSelector') ?? '')
  parseTerms(query.get('fieldSelector') ?? '')
}

function listFaults(options: ListOptions): FieldError[] {
  const { resourceVersion, resourceVersionMatch: match, continueToken, sendsInitialEvents } = options
  const errors: FieldError[] = []
  if (match !== '') {
    if (resourceVersion === '')
      errors.push(matchForbidden('resourceVersionMatch is forbidden unless resourceVersion is provided'))
    if (continueToken !== '') errors.push(matchForbidden('resourceVersionMatch is forbidden when continue is provided'))
    if (!MATCHES.includes(match)) errors.push(notSupported('resourceVersionMatch', match, MATCHES))
    if (match === 'Exact' && resourceVersion === '0')
      errors.push(matchForbidden('resourceVersionMatch "exact" is forbidden for resourceVersion "0"'))
  }
  if (sendsInitialEvents !== undefined)
    errors.push(forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'))
  return errors
}

function watchFaults(options: ListOptions): FieldError[] {
  const { resourceVersion, resourceVersionMatch: match, continueToken, sendsInitialEvents } = options
  const errors: FieldError[] = []
  if (sendsInitialEvents !== undefined && match !== 'NotOlderThan')
    errors.push(matchForbidden('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'))
  if (match !== '') {
    if (sendsInitialEvents === undefined)
      errors.push(matchForbidden('resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'))
    if (match !== 'NotOlderThan') errors.push(notSupported('resourceVersionMatch', match, ['NotOlderThan']))
  }
  // Without a version a watch begins with all objects, as if NotOlderThan had been asked for.
  const isMatched = match !== '' || (sendsInitialEvents === undefined && ['', '0'].includes(resourceVersion))
  if (isMatched && continueToken !== '')
    errors.push(matchForbidden('resourceVersionMatch is forbidden when continue is provided'))
  return errors
}

function matchForbidden(detail: string): FieldError {
  return forbidden('resourceVersionMatch', detail)
}

function forbidden(field: string, detail: string): FieldError {
  return { reason: 'FieldValueForbidden', field, detail }
}

/** 0 for none. errors: ApiError with kube-apiserver's words: 400 for lists, a bare 500 for the other verbs */
export function readRevision(text: string, isBare: boolean): number {
  if (text === '') return 0
  const value = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value
  const why = /^\d+$/.test(text) ? 'value out of range' : 'invalid syntax'
  const fault = `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: ${why}`
  throw isBare ? new ApiError(500, undefined, fault) : badRequest(`invalid resource version: ${fault}`)
}

/** A name in the path of a list or watch is a field selector. errors: ApiError 400 where the query has another one */
export function fieldSelectorOf({ name }: RequestInfo, query: URLSearchParams): string {
  const given = query.get('fieldSelector') ?? ''
  if (name === undefined) return given
  const own = `metadata.name=${name}`
  if (given === '') return own
  if (given.split(',').some((term) => term.trim().replace('==', '=') === own)) return given
  throw badRequest("fieldSelector metadata.name doesn't match requested name")
}
