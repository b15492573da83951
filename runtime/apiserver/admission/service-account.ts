import type { ApiObject } from '../json.ts'
import { unaskableName } from '../kinds/strategies/names.ts'
import type { StoredObjects } from '../storage/stored-objects.ts'
import type { AdmissionRequest } from './admission.ts'
import { createdPodSpec, type PodSpec } from './pod-spec.ts'
import { refuseRequest } from './refuse-request.ts'

type ServiceAccount = ApiObject & {
  readonly automountServiceAccountToken?: boolean
  readonly imagePullSecrets?: readonly { readonly name: string }[]
}

const MIRROR_POD = 'kubernetes.io/config.mirror'
const VOLUME_PREFIX = 'kube-api-access-'
const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount'

/**
 * A pod runs as an account that is there, and gets its token as a volume. `suffix`: five characters for the volume's name.
 * errors: ApiError 403
 * source: kubernetes plugin/pkg/admission/serviceaccount
 * differs: kubernetes.io/enforce-mountable-secrets, deprecated, is not enforced
 */
export function admitServiceAccount(
  objects: StoredObjects,
  request: AdmissionRequest,
  object: ApiObject | undefined,
  suffix: () => string,
): void {
  const spec = createdPodSpec(request, object)
  if (spec === undefined) return
  if (object?.metadata.annotations?.[MIRROR_POD] !== undefined) {
    if (spec.serviceAccountName) throw refuseRequest(request, object, 'a mirror pod may not reference service accounts')
    return
  }
  const name = spec.serviceAccountName || spec.serviceAccount || 'default'
  spec.serviceAccountName = name
  spec.serviceAccount = name
  const account = objects.get('/serviceaccounts', request.namespace, name) as ServiceAccount | undefined
  if (account === undefined) {
    const why = unaskableName(name) ?? `serviceaccount "${name}" not found`
    throw refuseRequest(request, object, `error looking up service account ${request.namespace}/${name}: ${why}`)
  }
  if (spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) mountToken(spec, suffix)
  if (!spec.imagePullSecrets?.length && account.imagePullSecrets?.length)
    spec.imagePullSecrets = account.imagePullSecrets.map((each) => ({ name: each.name }))
}

function mountToken(spec: PodSpec, suffix: () => string): void {
  const known = spec.volumes?.find((volume) => volume.name.startsWith(VOLUME_PREFIX))?.name
  const name = known ?? VOLUME_PREFIX + suffix()
  let isNeeded = false
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    const mounts = container.volumeMounts ?? []
    if (mounts.some(({ mountPath }) => mountPath === MOUNT_PATH)) continue
    container.volumeMounts = [...mounts, { name, readOnly: true, mountPath: MOUNT_PATH }]
    isNeeded = true
  }
  if (known === undefined && isNeeded) spec.volumes = [...(spec.volumes ?? []), { name, projected: tokenSources() }]
}

function tokenSources() {
  return {
    sources: [
      { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      {
        downwardAPI: {
          items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
        },
      },
    ],
    defaultMode: 420,
  }
}
