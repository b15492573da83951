import { readScale, scaleOf, scalePathsOf, writeScale } from '../crd/scale.ts'
import type { Answer } from '../http/answer.ts'
import { type ApiObject, isJsonObject } from '../json.ts'
import { builtInScaleOf } from '../subresources/built-in-scale.ts'
import { assertNamespaceFinalizers } from '../subresources/namespace-finalizers.ts'
import { POD_PARTS } from '../subresources/pod-parts.ts'
import { SIGNING_APPROVAL } from '../subresources/signing-approval.ts'
import type { RestContext, RestRequest } from './rest-request.ts'
import { type SubresourceView, serveView } from './subresource-view.ts'

/** Those that are neither the object's status nor refused; undefined: none of them. */
export function serveSubresource(context: RestContext, request: RestRequest): Promise<Answer> | undefined {
  const view = viewOf(request)
  return view === undefined ? undefined : serveView(context, request, view)
}

function viewOf({ resource, info }: RestRequest): SubresourceView | undefined {
  if (info.subresource === 'scale') {
    const paths = scalePathsOf(resource)
    if (paths === undefined) return builtInScaleOf(resource)
    return {
      scope: 'whole',
      read: (object) => readScale(object, paths),
      readToPatch: (object) => scaleOf(object, paths),
      write: (object, scale) => writeScale(object, scale, paths),
    }
  }
  if (resource.group === '' && resource.plural === 'namespaces' && info.subresource === 'finalize') return FINALIZE
  if (!resource.isCustom && resource.plural === 'certificatesigningrequests' && info.subresource === 'approval')
    return SIGNING_APPROVAL
  return resource.group === '' && resource.plural === 'pods' ? POD_PARTS.get(info.subresource ?? '') : undefined
}

/** The namespace itself, of whose spec and status only the finalizers are taken. */
const FINALIZE: SubresourceView = {
  scope: 'part',
  read: (namespace) => namespace,
  write(namespace, { metadata, spec }) {
    const finalizers = isJsonObject(spec) && Array.isArray(spec.finalizers) ? spec.finalizers : []
    assertNamespaceFinalizers(namespace.metadata.name ?? '', finalizers)
    const { name = '' } = namespace.metadata
    namespace.metadata = { ...metadata, name }
    const rest: Record<string, unknown> = isJsonObject(namespace.spec) ? { ...namespace.spec } : {}
    delete rest.finalizers
    namespace.spec = (finalizers.length > 0 ? { ...rest, finalizers } : rest) as ApiObject['spec']
  },
}
