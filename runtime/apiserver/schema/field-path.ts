/** Where something stands in an object, as messages write it; `undefined` is the object itself, which they call `<nil>`. */
export type FieldPath = string | undefined

export function childPath(path: FieldPath, name: string): string {
  return path === undefined || path === '' ? name : `${path}.${name}`
}

/** An entry of a map: `metadata.annotations[name]`. */
export function keyPath(path: FieldPath, key: string): string {
  return `${path ?? '<nil>'}[${key}]`
}

export function indexPath(path: FieldPath, index: number): string {
  return `${path ?? '<nil>'}[${index}]`
}

/** What stands in a FieldError. */
export function formatFieldPath(path: FieldPath): string {
  return path ?? '<nil>'
}
