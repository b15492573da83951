import type { Gvk } from '../util/gvk.ts'

/** An object's identity within a cluster: group and kind (not version), namespace, name. */
export function objectKey(
  { group, kind }: Pick<Gvk, 'group' | 'kind'>,
  namespace: string | undefined,
  name: string,
): string {
  return `${group}/${kind}/${namespace ?? ''}/${name}`
}
