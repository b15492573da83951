/** A kind as the config and handlers name it: `apps/v1/Deployment`, `v1/Node` for the core group. */
export interface Gvk {
  /** '' for the core group. */
  readonly group: string
  readonly version: string
  readonly kind: string
}

/** Reads `group/version/Kind` or `version/Kind`; undefined when the text is neither. */
export function parseGvk(text: string): Gvk | undefined {
  const match = /^(?:([a-z0-9]([-a-z0-9.]*[a-z0-9])?)\/)?(v[0-9][a-z0-9]*)\/([A-Z][A-Za-z0-9]*)$/.exec(text)
  if (match === null) return undefined
  return { group: match[1] ?? '', version: match[3] as string, kind: match[4] as string }
}

export function formatGvk({ group, version, kind }: Gvk): string {
  return group === '' ? `${version}/${kind}` : `${group}/${version}/${kind}`
}

/** `apps/v1`, or `v1` for the core group, as objects carry it. */
export function apiVersionOf({ group, version }: Pick<Gvk, 'group' | 'version'>): string {
  return group === '' ? version : `${group}/${version}`
}

/** The kind of an object, from its apiVersion and kind. */
export function gvkOf(object: { apiVersion: string; kind: string }): Gvk {
  const slash = object.apiVersion.indexOf('/')
  return {
    group: slash === -1 ? '' : object.apiVersion.slice(0, slash),
    version: object.apiVersion.slice(slash + 1),
    kind: object.kind,
  }
}
