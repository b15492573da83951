import type { ApiObject } from '../json.ts'
import { type ControllerContext, type RunningController, running, startLoop } from './controller-context.ts'
import { type ResourcePath, unlessCode } from './object-client.ts'
import { parseKey } from './object-key.ts'

interface Pod extends ApiObject {
  spec: { nodeName?: string; volumes?: { persistentVolumeClaim?: { claimName?: string } }[] }
  status?: { phase?: string }
}

const CLAIM_FINALIZER = 'kubernetes.io/pvc-protection'
const VOLUME_FINALIZER = 'kubernetes.io/pv-protection'
const CLAIMS = { group: '', version: 'v1', plural: 'persistentvolumeclaims' }
const VOLUMES = { group: '', version: 'v1', plural: 'persistentvolumes' }

/** Lets claims go that no pod uses, and volumes that are not bound. source: kubernetes pkg/controller/volume/pvcprotection, pvprotection */
export function startVolumeProtection(context: ControllerContext): RunningController {
  const { store, objects, client } = context
  const loop = startLoop(context, 'volume-protection', reconcile)
  const cancels = [
    store.watch('/persistentvolumeclaims', ({ stored }) => {
      loop.add(`${stored.namespace}/${stored.name}`)
      addGoingVolumes()
    }),
    store.watch('/persistentvolumes', ({ stored }) => loop.add(`/${stored.name}`)),
    store.watch('/pods', ({ stored }) => {
      for (const name of claimsOf(objects.parse<Pod>(stored))) loop.add(`${stored.namespace}/${name}`)
    }),
  ]
  for (const { namespace, name } of store.list('/persistentvolumeclaims')) loop.add(`${namespace}/${name}`)
  addGoingVolumes()
  return running(loop, ...cancels)

  function addGoingVolumes(): void {
    for (const { name } of store.list('/persistentvolumes')) loop.add(`/${name}`)
  }

  async function reconcile(key: string): Promise<void> {
    const { namespace, name } = parseKey(key)
    if (namespace === '') return await releaseVolume(name)
    const claim = objects.get('/persistentvolumeclaims', namespace, name)
    if (claim === undefined || isUsed(namespace, name)) return
    await release(CLAIMS, claim, CLAIM_FINALIZER)
  }

  async function releaseVolume(name: string): Promise<void> {
    const volume = objects.get<
      ApiObject & {
        status?: { phase?: string }
        spec?: { claimRef?: { namespace?: string; name?: string; uid?: string } }
      }
    >('/persistentvolumes', '', name)
    if (volume === undefined) return
    const { namespace = '', name: claim = '', uid } = volume.spec?.claimRef ?? {}
    const isClaimed = store.get('/persistentvolumeclaims', namespace, claim)?.uid === uid && uid !== undefined
    if (volume.status?.phase === 'Bound' && isClaimed) return
    await release(VOLUMES, volume, VOLUME_FINALIZER)
  }

  async function release(resource: ResourcePath, object: ApiObject, finalizer: string): Promise<void> {
    const { deletionTimestamp, finalizers = [], namespace = '', name = '', resourceVersion = '' } = object.metadata
    if (deletionTimestamp === undefined || !finalizers.includes(finalizer)) return
    const metadata = { resourceVersion, finalizers: finalizers.filter((each) => each !== finalizer) }
    await unlessCode(client.patch(resource, { namespace, name }, { metadata }), 404)
  }

  function isUsed(namespace: string, claim: string): boolean {
    return objects.list<Pod>('/pods', namespace).some((pod) => {
      const isOver = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
      return !isOver && pod.spec.nodeName !== undefined && claimsOf(pod).includes(claim)
    })
  }
}

function claimsOf({ spec }: Pod): string[] {
  return (spec.volumes ?? [])
    .map((volume) => volume.persistentVolumeClaim?.claimName)
    .filter((name) => name !== undefined)
}
