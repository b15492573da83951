import { type ApiObject, isJsonObject, type JsonObject } from '../json.ts'
import { applyBuiltInDefaults } from '../kinds/strategies/apply-defaults.ts'
import { isSame, jsonOf, objectIn, objectsIn } from '../kinds/strategies/json-parts.ts'
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
  return {
    scope: { validate },
    tracksSent: true,
    read: (pod) => pod,
    write(pod, wanted) {
      applyBuiltInDefaults(wanted)
      const before = objectIn(jsonOf(pod), 'spec')
      const spec = specOf(before, objectIn(jsonOf(wanted), 'spec'))
      jsonOf(pod).spec = spec
      if (!isSame(spec, before)) pod.metadata.generation = (pod.metadata.generation ?? 0) + 1
    },
  }
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
