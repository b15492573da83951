import type { Gvk } from '../util/gvk.ts'

/** An object's identity within a cluster: group and kind (not version), namespace, name. */
export function objectKey(
  { group, kind }: Pick<Gvk, 'group' | 'kind'>,
  namespace: string | undefined,
  name: string,
): string {
  return `${group}/${kind}/${namespace ?? ''}/${name}`
}

/** What the keys of a kind's objects begin with; those of one namespace where it is given. */
export function objectKeyPrefix({ group, kind }: Pick<Gvk, 'group' | 'kind'>, namespace?: string): string {
  return `${group}/${kind}/${namespace === undefined ? '' : `${namespace}/`}`
}
