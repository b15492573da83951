import type { ApiObject, OwnerReference } from '../../json.ts'
import { type LabelSelector, matchesSelector } from '../../label-selector.ts'
import type { ControllerContext } from '../controller-context.ts'
import { type ResourcePath, unlessCode } from '../object-client.ts'

/** The reference that makes `owner` the controller of what bears it. */
export function controllerReference({ apiVersion, kind, metadata }: ApiObject): OwnerReference {
  const { name = '', uid = '' } = metadata
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true }
}

export function controllerOf({ metadata }: ApiObject): OwnerReference | undefined {
  return metadata.ownerReferences?.find((owner) => owner.controller === true)
}

/** The key of the controller of this kind that an object has. */
export function controllerKeyOf(object: ApiObject, kind: string): string | undefined {
  const owner = controllerOf(object)
  return owner?.kind === kind ? `${object.metadata.namespace ?? ''}/${owner.name}` : undefined
}

/**
 * The objects of a storage that `owner` controls: takes over those without a controller that it selects, and lets go of
 * those that it selects no longer.
 * source: kubernetes pkg/controller/controller_ref_manager.go
 */
export async function claim<T extends ApiObject>(
  { objects, client }: ControllerContext,
  owner: ApiObject,
  selector: LabelSelector | undefined,
  resource: ResourcePath,
): Promise<T[]> {
  const storage = `${resource.group}/${resource.plural}`
  const claimed: T[] = []
  for (const object of objects.list<T>(storage, owner.metadata.namespace ?? '')) {
    const controller = controllerOf(object)
    const isSelected = matchesSelector(selector, object.metadata.labels)
    if (controller?.uid === owner.metadata.uid) {
      if (isSelected || owner.metadata.deletionTimestamp !== undefined) claimed.push(object)
      else
        await setOwners(
          object,
          (object.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== controller?.uid),
        )
    } else if (controller === undefined && isSelected && isFree(object) && isFree(owner)) {
      const owners = [...(object.metadata.ownerReferences ?? []), controllerReference(owner)]
      const adopted = await setOwners(object, owners)
      if (adopted !== undefined) claimed.push(adopted as T)
    }
  }
  return claimed

  async function setOwners(object: ApiObject, ownerReferences: OwnerReference[]): Promise<ApiObject | undefined> {
    const { namespace = '', name = '', uid = '' } = object.metadata
    const metadata = { uid, ownerReferences: ownerReferences.map((each) => ({ ...each })) }
    return await unlessCode(client.patch(resource, { namespace, name }, { metadata }), 404, 409)
  }
}

function isFree({ metadata }: ApiObject): boolean {
  return metadata.deletionTimestamp === undefined
}
