import type { ApiObject } from '../json.ts'
import type { StoredObjects } from '../storage/stored-objects.ts'
import type { AdmissionRequest } from './admission.ts'

interface DefaultClass {
  readonly group: string
  readonly plural: string
  readonly annotation: string
}

const STORAGE: DefaultClass = {
  group: 'storage.k8s.io',
  plural: 'storageclasses',
  annotation: 'storageclass.kubernetes.io/is-default-class',
}
const INGRESS: DefaultClass = {
  group: 'networking.k8s.io',
  plural: 'ingressclasses',
  annotation: 'ingressclass.kubernetes.io/is-default-class',
}

/** Claims and ingresses that name no class get the default one. source: plugin/pkg/admission/storage/storageclass, network/defaultingressclass */
export function admitDefaultClass(
  objects: StoredObjects,
  request: AdmissionRequest,
  object: ApiObject | undefined,
): void {
  const { resource, operation, subresource } = request
  if (operation !== 'CREATE' || subresource !== undefined || object === undefined) return
  const spec = (object.spec ?? {}) as { storageClassName?: string; ingressClassName?: string }
  const { annotations = {} } = object.metadata
  if (resource.group === '' && resource.plural === 'persistentvolumeclaims') {
    if (spec.storageClassName !== undefined || 'volume.beta.kubernetes.io/storage-class' in annotations) return
    const name = defaultOf(objects, STORAGE)
    if (name !== undefined) object.spec = { ...spec, storageClassName: name }
  } else if (resource.group === INGRESS.group && resource.plural === 'ingresses') {
    if (spec.ingressClassName !== undefined || 'kubernetes.io/ingress.class' in annotations) return
    const name = defaultOf(objects, INGRESS)
    if (name !== undefined) object.spec = { ...spec, ingressClassName: name }
  }
}

/** The newest of several; then the first by name. */
function defaultOf(objects: StoredObjects, { group, plural, annotation }: DefaultClass): string | undefined {
  const all = objects.list(`${group}/${plural}`).filter(({ metadata }) => metadata.annotations?.[annotation] === 'true')
  const createdAt = ({ metadata }: ApiObject) => Date.parse(metadata.creationTimestamp ?? '')
  return all.sort((a, b) => createdAt(b) - createdAt(a))[0]?.metadata.name
}
