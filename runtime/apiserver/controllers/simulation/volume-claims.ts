import type { ApiObject } from '../../json.ts'
import { type ControllerContext, type RunningController, running, startLoop } from '../controller-context.ts'
import { enqueueSelf } from '../enqueue-self.ts'
import { unlessCode } from '../object-client.ts'
import { parseKey } from '../object-key.ts'
import { isTerminating } from './pod.ts'
import { nameOf } from './pod-set.ts'
import { writeStatus } from './write-status.ts'

interface Claim extends ApiObject {
  spec: {
    accessModes?: string[]
    volumeName?: string
    volumeMode?: string
    storageClassName?: string
    resources?: { requests?: { storage?: string } }
  }
  status?: { phase?: string }
}

interface Volume extends ApiObject {
  spec: { claimRef?: { uid?: string }; persistentVolumeReclaimPolicy?: string; capacity?: { storage?: string } }
  status?: { phase?: string }
}

const CLAIMS = { group: '', version: 'v1', plural: 'persistentvolumeclaims' }
const VOLUMES = { group: '', version: 'v1', plural: 'persistentvolumes' }
const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by'
const PROVISIONER = 'simulate.ostler.dev/volumes'

/**
 * Binds each claim to a volume made for it, as on a cluster whose default storage class provisions at once; the volume goes
 * with its claim. Volumes that somebody made by hand are not matched.
 */
export function startVolumeClaims(context: ControllerContext): RunningController {
  const { store, objects, client, events } = context
  const loop = startLoop(context, 'persistentvolume-controller', reconcile)
  return running(loop, enqueueSelf(store, '/persistentvolumeclaims', loop))

  async function reconcile(key: string): Promise<void> {
    const { namespace, name } = parseKey(key)
    const claim = objects.get<Claim>('/persistentvolumeclaims', namespace, name)
    await dropLostVolumes(key, claim)
    if (claim === undefined || isTerminating(claim) || claim.status?.phase === 'Bound') return
    if (claim.spec.volumeName === undefined) return await provision(claim)
    const volume = objects.get<Volume>('/persistentvolumes', '', claim.spec.volumeName)
    if (volume === undefined) return
    await writeStatus(context, VOLUMES, volume, { ...volume.status, phase: 'Bound' })
    const { accessModes = [] } = claim.spec
    await writeStatus(context, CLAIMS, claim, { phase: 'Bound', accessModes, capacity: volume.spec.capacity ?? {} })
  }

  async function provision(claim: Claim): Promise<void> {
    const { namespace = '', name = '', uid = '', annotations, resourceVersion = '' } = claim.metadata
    const { accessModes = [], volumeMode = 'Filesystem', storageClassName, resources } = claim.spec
    const volumeName = `pvc-${uid}`
    const claimRef = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid, resourceVersion }
    const volume = {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: volumeName, annotations: { [PROVISIONED_BY]: PROVISIONER } },
      spec: {
        accessModes,
        capacity: { storage: resources?.requests?.storage ?? '1Gi' },
        claimRef,
        hostPath: { path: `/simulated/${volumeName}`, type: '' },
        persistentVolumeReclaimPolicy: 'Delete',
        ...(storageClassName !== undefined && { storageClassName }),
        volumeMode,
      },
    }
    await unlessCode(client.create(VOLUMES, volume), 409)
    const bound = { 'pv.kubernetes.io/bind-completed': 'yes', 'pv.kubernetes.io/bound-by-controller': 'yes' }
    const metadata = { ...claim.metadata, annotations: { ...annotations, ...bound } }
    await unlessCode(client.update(CLAIMS, { ...claim, metadata, spec: { ...claim.spec, volumeName } }), 404)
    const message = `Successfully provisioned volume ${volumeName}`
    events.record(claim, PROVISIONER, 'Normal', 'ProvisioningSucceeded', message)
  }

  /** Volumes made for a claim of that name that is gone. */
  async function dropLostVolumes(key: string, claim: Claim | undefined): Promise<void> {
    const { namespace, name } = parseKey(key)
    for (const volume of objects.list<Volume & { spec: { claimRef?: { namespace?: string; name?: string } } }>(
      '/persistentvolumes',
    )) {
      const { claimRef } = volume.spec
      if (claimRef?.namespace !== namespace || claimRef.name !== name || claimRef.uid === claim?.metadata.uid) continue
      if (volume.metadata.annotations?.[PROVISIONED_BY] !== PROVISIONER || isTerminating(volume)) continue
      await unlessCode(client.delete(VOLUMES, nameOf(volume)), 404)
    }
  }
}
