import type { ApiObject } from '../../json.ts'
import type { LabelSelector } from '../../label-selector.ts'
import type { ControllerContext } from '../controller-context.ts'
import { unlessCode } from '../object-client.ts'
import { claim, controllerReference } from './ownership.ts'
import { isTerminating, type PodTemplate } from './pod.ts'
import { nameOf } from './pod-set.ts'
import { isSameTemplate, templateHash } from './template-hash.ts'

/** A template that a StatefulSet or DaemonSet has or had. */
export interface ControllerRevision extends ApiObject {
  data?: { spec?: { template?: unknown } }
  revision: number
}

const REVISIONS = { group: 'apps', version: 'v1', plural: 'controllerrevisions' }

export interface Revisioned extends ApiObject {
  spec: { selector?: LabelSelector; template: PodTemplate; revisionHistoryLimit?: number }
}

/** The revision of the present template, made where there is none; all others, oldest first. */
export async function syncRevisions(
  context: ControllerContext,
  owner: Revisioned,
  hashLabel: string,
  annotations: Record<string, string> = {},
): Promise<{ newest: ControllerRevision; older: ControllerRevision[] }> {
  const all = await claim<ControllerRevision>(context, owner, owner.spec.selector, REVISIONS)
  const oldestFirst = all.sort((a, b) => a.revision - b.revision)
  const template = { ...owner.spec.template, $patch: 'replace' }
  const same = oldestFirst.find((revision) => isSameTemplate(revision.data?.spec?.template, template))
  const last = oldestFirst.at(-1)?.revision ?? 0
  if (same === undefined) {
    const newest = await create(last + 1, template)
    return { newest, older: oldestFirst }
  }
  const older = oldestFirst.filter((revision) => revision !== same)
  if (same.revision === last) return { newest: same, older }
  // A template that came back is the newest again.
  const moved = await unlessCode(context.client.patch(REVISIONS, nameOf(same), { revision: last + 1 }), 404, 409)
  return { newest: (moved as ControllerRevision | undefined) ?? same, older }

  async function create(revision: number, data: object): Promise<ControllerRevision> {
    const { name = '', namespace = '' } = owner.metadata
    const hash = templateHash(data)
    const object: ControllerRevision = {
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: {
        name: `${name}-${hash}`,
        namespace,
        labels: { ...owner.spec.template.metadata?.labels, [hashLabel]: hash },
        annotations,
        ownerReferences: [controllerReference(owner)],
      },
      data: { spec: { template: data } },
      revision,
    }
    return (await context.client.create(REVISIONS, object)) as ControllerRevision
  }
}

/** Takes away the oldest of those that no pod bears, beyond the limit. */
export async function dropRevisions(
  { client }: ControllerContext,
  { spec }: Revisioned,
  older: readonly ControllerRevision[],
  isUsed: (revision: ControllerRevision) => boolean,
): Promise<void> {
  const unused = older.filter((revision) => !isUsed(revision) && !isTerminating(revision))
  const surplus = Math.max(0, unused.length - (spec.revisionHistoryLimit ?? 10))
  for (const revision of unused.slice(0, surplus)) await unlessCode(client.delete(REVISIONS, nameOf(revision)), 404)
}
