import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import type { ControlPlane } from '../control-plane/control-plane.ts'
import { repository } from './dockerfile.ts'

export const DEPLOY_DIR = join(repository, 'config/deploy')

export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
  /** Of a ConfigMap. */
  readonly data?: Readonly<Record<string, string>>
  readonly spec?: unknown
}

/** What tests read of a Deployment's pod; the API server checks the rest. */
export interface PodSpec {
  readonly serviceAccountName: string
  readonly securityContext: { readonly runAsUser: number; readonly runAsGroup: number }
  readonly containers: readonly [Container]
  readonly volumes: readonly {
    readonly name: string
    readonly configMap?: { readonly name: string }
    readonly emptyDir?: { readonly sizeLimit: string }
  }[]
}

export interface Container {
  readonly name: string
  readonly image: string
  readonly args?: readonly string[]
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[]
  readonly livenessProbe: Probe
  readonly readinessProbe: Probe
  readonly securityContext: { readonly readOnlyRootFilesystem: boolean }
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[]
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string }
}

/** What `kubectl apply -k config/deploy` (or an overlay's folder) would send. */
export async function renderDeploy(
  { kubectl }: Pick<ControlPlane, 'kubectl'>,
  folder = DEPLOY_DIR,
): Promise<Manifest[]> {
  const text = await kubectl(['kustomize', folder])
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest)
}

export function findManifest(manifests: readonly Manifest[], kind: string, name?: string): Manifest {
  const found = manifests.find(
    (manifest) => manifest.kind === kind && (name ?? manifest.metadata.name) === manifest.metadata.name,
  )
  if (found === undefined) throw new Error(`config/deploy has no ${kind} ${name ?? ''}`)
  return found
}

export function podOf(manifests: readonly Manifest[]): PodSpec {
  const { spec } = findManifest(manifests, 'Deployment') as unknown as { spec: { template: { spec: PodSpec } } }
  return spec.template.spec
}
