import type { ApiObject } from '../../json.ts'
import type { LabelSelector } from '../../label-selector.ts'
import type { StoredObjects } from '../../storage/stored-objects.ts'
import type { RequestRule } from '../rule-match.ts'

export interface MatchCondition {
  readonly name: string
  readonly expression: string
}

/** One webhook of a configuration, admissionregistration.k8s.io/v1, its defaults filled in. */
export interface Webhook {
  readonly name: string
  /** Distinguishes webhooks of one name. */
  readonly id: string
  readonly url: string
  /** PEM. */
  readonly ca: string | undefined
  readonly rules: readonly RequestRule[]
  readonly failurePolicy: 'Fail' | 'Ignore'
  readonly matchPolicy: 'Equivalent' | 'Exact'
  readonly namespaceSelector: LabelSelector
  readonly objectSelector: LabelSelector
  readonly sideEffects: string
  readonly timeoutSeconds: number
  readonly reinvocationPolicy: 'Never' | 'IfNeeded'
  readonly matchConditions: readonly MatchCondition[]
}

type Written = Partial<Omit<Webhook, 'url' | 'ca' | 'id'>> & {
  readonly clientConfig?: { readonly url?: string; readonly caBundle?: string }
}

const GROUP = 'admissionregistration.k8s.io'

/** All webhooks, by the names of their configurations, then in their order there. */
export function readWebhooks(objects: StoredObjects, kind: 'mutating' | 'validating'): Webhook[] {
  return objects.list(`${GROUP}/${kind}webhookconfigurations`).flatMap((configuration) => parse(configuration))
}

/** Parsed once as long as the configuration stays. */
const parsed = new WeakMap<ApiObject, Webhook[]>()

function parse(configuration: ApiObject): Webhook[] {
  const known = parsed.get(configuration)
  if (known !== undefined) return known
  const written = (configuration.webhooks ?? []) as Written[]
  const webhooks = written.map((each, i) => withDefaults(each, `${configuration.metadata.name}/${each.name}/${i}`))
  parsed.set(configuration, webhooks)
  return webhooks
}

function withDefaults({ clientConfig = {}, ...given }: Written, id: string): Webhook {
  return {
    name: '',
    rules: [],
    failurePolicy: 'Fail',
    matchPolicy: 'Equivalent',
    namespaceSelector: {},
    objectSelector: {},
    sideEffects: 'None',
    timeoutSeconds: 10,
    reinvocationPolicy: 'Never',
    matchConditions: [],
    ...given,
    id,
    url: clientConfig.url ?? '',
    ca: clientConfig.caBundle === undefined ? undefined : Buffer.from(clientConfig.caBundle, 'base64').toString(),
  }
}
