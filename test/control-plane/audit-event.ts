import type { User } from '../../runtime/apiserver/access/user.ts'
import type { RequestReport } from '../../runtime/apiserver/http/request-report.ts'
import type { AuditEvent, AuditOptions } from './audit-log.ts'

/** The line of kube-apiserver's audit log for what the embedded server reports: its kind and version first, as there. */
export function auditEvent(report: RequestReport, { level = 'Metadata', resources = [] }: AuditOptions): object {
  const { info, impersonated, userAgent } = report
  const resource = [info.plural, info.subresource].filter((part) => part !== undefined).join('/')
  const isChosen = resources.some(({ group, resources: named }) => group === info.group && named.includes(resource))
  const has = (wanted: readonly string[]) => isChosen && wanted.includes(level)
  const sent = parse(report.body)
  // Lists may be large, and are rarely asked for.
  const answered = () => parse(report.answer?.body)
  const event: AuditEvent & { impersonatedUser?: AuditEvent['user'] } = {
    auditID: report.id,
    stage: report.stage === 'started' ? 'ResponseStarted' : 'ResponseComplete',
    verb: info.verb,
    requestURI: report.url,
    user: userOf(report.requester),
    ...(impersonated !== undefined && { impersonatedUser: userOf(impersonated) }),
    ...(userAgent !== undefined && { userAgent }),
    ...(info.isResource && { objectRef: objectRefOf(report, sent, answered) }),
    responseStatus: { code: report.code, ...reasonOf(report.code, answered) },
    ...(has(['Request', 'RequestResponse']) && sent !== undefined && { requestObject: sent }),
    ...(has(['RequestResponse']) && { responseObject: answered() }),
    requestReceivedTimestamp: microTime(report.receivedAt),
    stageTimestamp: microTime(report.at),
  }
  return { kind: 'Event', apiVersion: 'audit.k8s.io/v1', ...event }
}

interface Parsed {
  readonly metadata?: { readonly name?: string } | null
  readonly reason?: string
}

/** Undefined for what is no JSON. */
function parse(text: Buffer | string | undefined): Parsed | undefined {
  try {
    return JSON.parse(String(text)) as Parsed
  } catch {
    return undefined
  }
}

function userOf(user: User | undefined): AuditEvent['user'] {
  const { name = '', uid, groups, extra = {} } = user ?? {}
  const hasExtra = Object.keys(extra).length > 0
  return { username: name, ...(uid !== undefined && { uid }), ...{ groups }, ...(hasExtra && { extra }) }
}

/** The name of an object to be made stands in the object alone, and that of one with generateName in the answer. */
function objectRefOf(
  { info, code }: RequestReport,
  sent: Parsed | undefined,
  answered: () => Parsed | undefined,
): NonNullable<AuditEvent['objectRef']> {
  const { plural: resource, subresource, group, version: apiVersion, namespace } = info
  const made = info.verb === 'create' ? (sent?.metadata?.name ?? nameIn(code, answered)) : undefined
  const name = info.name ?? made
  return {
    resource,
    ...(namespace !== undefined && { namespace }),
    ...(name !== undefined && { name }),
    ...(group !== '' && { apiGroup: group }),
    apiVersion,
    ...(subresource !== undefined && { subresource }),
  }
}

function nameIn(code: number, answered: () => Parsed | undefined): string | undefined {
  return code < 300 ? answered()?.metadata?.name : undefined
}

function reasonOf(code: number, answered: () => Parsed | undefined): { reason?: string } {
  const reason = code >= 400 ? answered()?.reason : undefined
  return reason === undefined ? {} : { reason }
}

/** RFC 3339 with the six digits of kube-apiserver's. */
function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z')
}
