import type { ApiObject } from '../json.ts'
import type { ApiResource } from '../kinds/api-resource.ts'
import type { StoredObject } from '../storage/store.ts'
import { matchesField, parseFieldSelector } from './field-selector.ts'
import { parseLabelSelector } from './label-selector.ts'

/** A stored object, parsed no earlier than somebody asks, and once. */
export class StoredView {
  readonly stored: StoredObject
  #object: ApiObject | undefined

  constructor(stored: StoredObject) {
    this.stored = stored
  }

  get object(): ApiObject {
    this.#object ??= JSON.parse(this.stored.text) as ApiObject
    return this.#object
  }
}

export interface ObjectFilter {
  /** Neither labels nor fields: everything in the namespace. */
  readonly matchesAll: boolean
  matches(view: StoredView): boolean
}

/** errors: ApiError 400 for selectors that cannot be read */
export function createObjectFilter(
  resource: ApiResource,
  labelSelector: string,
  fieldSelector: string,
  namespace: string | undefined,
): ObjectFilter {
  const labels = parseLabelSelector(labelSelector)
  const fields = parseFieldSelector(fieldSelector, resource)
  return {
    matchesAll: labels === undefined && fields.length === 0,
    matches(view) {
      const { stored } = view
      if (namespace !== undefined && stored.namespace !== namespace) return false
      const object = () => view.object
      if (!fields.every((each) => matchesField(each, stored.name, stored.namespace, resource, object))) return false
      return labels === undefined || labels(view.object.metadata.labels ?? {})
    },
  }
}
