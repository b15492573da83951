import { type ApiObject, isJsonObject, type JsonObject } from '../json.ts'
import { applyBuiltInDefaults } from '../kinds/strategies/apply-defaults.ts'
import { copyField, isSame, jsonOf, objectIn, objectsIn } from '../kinds/strategies/json-parts.ts'
import { validateEphemeralContainersUpdate } from '../kinds/strategies/pod/ephemeral-containers.ts'
import { validatePodResize } from '../kinds/strategies/pod/pod-resize.ts'
import type { SubresourceView } from '../rest/subresource-view.ts'

/**
 * Subresources that show the whole pod and change a part of its spec, which no update of the pod may: by name. Nothing else of what
 * is sent is taken, metadata included.
 * source: kubernetes pkg/registry/core/pod, strategy.go
 */
export const POD_PARTS: ReadonlyMap<string, SubresourceView> = new Map([
  ['ephemeralcontainers', podPart(withEphemeralContainers, validateEphemeralContainersUpdate)],
  ['resize', podPart(withResources, validatePodResize)],
])

type Validate = (pod: ApiObject, old: ApiObject) => ReturnType<typeof validatePodResize>

function podPart(specOf: (before: JsonObject, wanted: JsonObject) => JsonObject, validate: Validate): SubresourceView {
  const takeSpec = (pod: ApiObject, old: ApiObject, wanted: ApiObject) => {
    jsonOf(pod).spec = specOf(objectIn(jsonOf(old), 'spec'), objectIn(jsonOf(wanted), 'spec'))
  }
  return {
    scope: {
      prepare(pod, old) {
        restoreOthers(pod, old)
        takeSpec(pod, old, pod)
        const isChanged = !isSame(jsonOf(pod).spec, jsonOf(old).spec)
        if (isChanged) pod.metadata.generation = (old.metadata.generation ?? 0) + 1
      },
      validate,
    },
    tracksSent: true,
    read: (pod) => pod,
    write(pod, wanted) {
      applyBuiltInDefaults(wanted)
      takeSpec(pod, pod, wanted)
    },
  }
}

/** Labels that a webhook sets here are lost, as with the real server. */
function restoreOthers(pod: ApiObject, old: ApiObject): void {
  const metadata = jsonOf(pod.metadata)
  for (const field of ['labels', 'annotations', 'finalizers', 'ownerReferences', 'generation'])
    copyField(metadata, jsonOf(old.metadata), field)
  copyField(jsonOf(pod), jsonOf(old), 'status')
}

function withEphemeralContainers(before: JsonObject, { ephemeralContainers }: JsonObject): JsonObject {
  const { ephemeralContainers: _, ...rest } = before
  return ephemeralContainers === undefined ? rest : { ...rest, ephemeralContainers }
}

/** Where containers do not correspond nothing is made of it, and validation says so. */
function withResources(before: JsonObject, wanted: JsonObject): JsonObject {
  const isOther = ['containers', 'initContainers'].some(
    (list) => objectsIn(before, list).length !== objectsIn(wanted, list).length,
  )
  if (isOther) return wanted
  const { resources: _, ...rest } = before
  return {
    ...rest,
    ...(isJsonObject(wanted.resources) && { resources: wanted.resources }),
    ...containersWithResources('containers', before, wanted),
    ...containersWithResources('initContainers', before, wanted),
  }
}

function containersWithResources(list: string, before: JsonObject, wanted: JsonObject): JsonObject {
  const [old, sent] = [objectsIn(before, list), objectsIn(wanted, list)]
  if (old.length === 0) return {}
  if (old.some((container, index) => container.name !== sent[index]?.name)) return { [list]: sent }
  return { [list]: old.map((container, index) => withOwn(container, sent[index] as JsonObject)) }
}

function withOwn(container: JsonObject, { resources = {}, resizePolicy }: JsonObject): JsonObject {
  const { resizePolicy: _, ...rest } = container
  return { ...rest, resources, ...(resizePolicy !== undefined && { resizePolicy }) }
}
