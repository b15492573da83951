import type { FieldError } from '../field-error.ts'
import { type BodyFormat, bodyFormat, decodeBody } from '../http/decode-body.ts'
import { goNameOf, TYPE_META } from '../http/go-names.ts'
import { MalformedBody } from '../http/malformed-body.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts'
import { badRequest, invalid } from '../status.ts'
import { typeMetaFault } from './decode-object.ts'
import type { RestRequest } from './rest-request.ts'
import { dryRunFaults, notSupported, readBoolean, readInteger } from './write-options.ts'

export interface DeleteOptions {
  readonly isDryRun: boolean
  /** undefined: what the kind or the object says. */
  readonly policy: 'Orphan' | 'Background' | 'Foreground' | undefined
  readonly gracePeriodSeconds: number | undefined
  readonly uid: string | undefined
  readonly resourceVersion: string | undefined
  /** As webhooks are told of them, in the order of Go's struct. */
  readonly sent: JsonObject
}

const POLICIES = ['Foreground', 'Background', 'Orphan']

/** From the body, or where there is none from the query. errors: ApiError 400, 415, 422 */
export async function readDeleteOptions(request: RestRequest): Promise<DeleteOptions> {
  const body = await request.readBody()
  const sent = body.length > 0 ? readBodyOptions(request, body) : readQueryOptions(request.query)
  const { propagationPolicy, orphanDependents } = sent
  const dryRun = Array.isArray(sent.dryRun) ? sent.dryRun.map(String) : []
  const errors = [...policyFaults(propagationPolicy, orphanDependents), ...dryRunFaults(dryRun)]
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors)
  const { deleteWarning } = request.resource.strategy
  if (deleteWarning !== undefined && (propagationPolicy ?? orphanDependents ?? null) === null)
    request.warn(deleteWarning)
  const preconditions = isJsonObject(sent.preconditions) ? sent.preconditions : {}
  return {
    isDryRun: dryRun.length > 0,
    policy: policyOf(propagationPolicy, orphanDependents),
    gracePeriodSeconds: typeof sent.gracePeriodSeconds === 'number' ? sent.gracePeriodSeconds : undefined,
    uid: textOf(preconditions.uid),
    resourceVersion: textOf(preconditions.resourceVersion),
    sent: inGoOrder(sent),
  }
}

const GO_ORDER = ['gracePeriodSeconds', 'preconditions', 'orphanDependents', 'propagationPolicy', 'dryRun'] as const

function inGoOrder(sent: JsonObject): JsonObject {
  const entries = GO_ORDER.map((field) => [field, sent[field]] as const)
  return Object.fromEntries(
    entries.filter(
      ([, value]) => value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0),
    ),
  ) as JsonObject
}

function readBodyOptions({ contentType }: RestRequest, body: Buffer): JsonObject {
  const value = decodeOrRefuse(body, bodyFormat(contentType)) ?? {}
  if (!isJsonObject(value))
    throw badRequest(
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${goNameOf(value)} into Go value of type ${TYPE_META}`,
    )
  const fault = typeMetaFault(value)
  if (fault !== undefined) throw badRequest(fault)
  const { kind, apiVersion } = value
  const isKnown = kind === undefined || kind === 'DeleteOptions'
  if (!isKnown)
    throw badRequest(
      `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion ?? 'v1')} in scheme "pkg/runtime/scheme.go:111"`,
    )
  assertTypes(value)
  return value
}

const OPTION_TYPES = [
  ['gracePeriodSeconds', 'number', 'int64'],
  ['propagationPolicy', 'string', 'v1.DeletionPropagation'],
  ['orphanDependents', 'bool', 'bool'],
  ['dryRun', 'array', '[]string'],
  ['preconditions', 'object', 'v1.Preconditions'],
] as const

/** Fields of the wrong type are not taken for absent. */
function assertTypes(options: JsonObject): void {
  for (const [field, type, goType] of OPTION_TYPES) {
    const value = options[field] ?? null
    const isFraction = typeof value === 'number' && !Number.isInteger(value)
    if (value === null || (goNameOf(value) === type && !isFraction)) continue
    const found = isFraction ? `number ${value}` : goNameOf(value)
    throw badRequest(`json: cannot unmarshal ${found} into Go struct field DeleteOptions.${field} of type ${goType}`)
  }
}

function decodeOrRefuse(body: Buffer, format: BodyFormat): JsonValue {
  try {
    return decodeBody(body, format).value
  } catch (error) {
    if (!(error instanceof MalformedBody)) throw error
    throw badRequest(`couldn't get version/kind; json parse error: ${error.message}`)
  }
}

function readQueryOptions(query: URLSearchParams): JsonObject {
  const gracePeriodSeconds = readInteger(query, 'gracePeriodSeconds')
  const orphanDependents = readBoolean(query, 'orphanDependents')
  const propagationPolicy = query.get('propagationPolicy')
  const uid = query.get('uid') ?? ''
  return {
    dryRun: query.getAll('dryRun'),
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
    ...(orphanDependents !== undefined && { orphanDependents }),
    ...(propagationPolicy !== null && { propagationPolicy }),
    ...(uid !== '' && { preconditions: { uid } }),
  }
}

function policyFaults(policy: JsonValue | undefined, orphans: JsonValue | undefined): FieldError[] {
  if (typeof policy !== 'string') return []
  const detail = 'orphanDependents and deletionPropagation cannot be both set'
  const both = { reason: 'FieldValueInvalid', field: 'propagationPolicy', badValue: policy, detail } as const
  return [
    ...(typeof orphans === 'boolean' ? [both] : []),
    ...(POLICIES.includes(policy) ? [] : [notSupported('propagationPolicy', policy, [...POLICIES, 'nil'])]),
  ]
}

function policyOf(policy: JsonValue | undefined, orphans: JsonValue | undefined): DeleteOptions['policy'] {
  if (typeof orphans === 'boolean') return orphans ? 'Orphan' : 'Background'
  return typeof policy === 'string' ? (policy as DeleteOptions['policy']) : undefined
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}
