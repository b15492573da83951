/** Whose rights a request has, as the API server reads a user name. */
export type Identity =
  | { readonly kind: 'ServiceAccount'; readonly namespace: string; readonly name: string }
  | { readonly kind: 'User'; readonly name: string }

/**
 * Reads a user name: `system:serviceaccount:NAMESPACE:NAME`, or any other that can stand in a header as it is. Undefined
 * for what is neither: the API server would take a misspelled service account for a user of that name.
 * source: k8s.io/apiserver pkg/authentication/serviceaccount/util.go SplitUsername
 */
export function parseIdentity(text: string): Identity | undefined {
  if (text.startsWith(SERVICE_ACCOUNT)) {
    const [namespace = '', name = '', ...more] = text.slice(SERVICE_ACCOUNT.length).split(':')
    const isName = more.length === 0 && LABEL.test(namespace) && name.length <= 253 && SUBDOMAIN.test(name)
    return isName ? { kind: 'ServiceAccount', namespace, name } : undefined
  }
  return text.length <= MAX_CHARS && USER.test(text) ? { kind: 'User', name: text } : undefined
}

/** `ServiceAccount "demo/mydemo"` or `User "jane"`, as the subject of a binding names it. */
export function formatIdentity(identity: Identity): string {
  if (identity.kind === 'User') return `User ${JSON.stringify(identity.name)}`
  return `ServiceAccount "${identity.namespace}/${identity.name}"`
}

const SERVICE_ACCOUNT = 'system:serviceaccount:'
const LABEL = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/
const SUBDOMAIN = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/
/** Visible, with spaces inside only. */
const USER = /^[!-~](?:[ -~]*[!-~])?$/
/** Longer than the names that login providers make, far shorter than a header may be. */
const MAX_CHARS = 512
