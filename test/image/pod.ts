import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ControlPlane } from '../control-plane/control-plane.ts'
import { Daemon, type Exit } from '../control-plane/daemon.ts'
import { findLoopbackPort } from '../control-plane/loopback-port.ts'
import { commandOf, environmentOf, imageStage, settingOf } from './dockerfile.ts'
import { findManifest, type Manifest, podOf } from './manifests.ts'
import { MountedFiles } from './mounted-files.ts'
import { type Inside, insideCommand, type Outcome, runInside } from './namespaces.ts'
import { type ProcessEntry, processesBelow } from './process-tree.ts'

const SERVICE_ACCOUNT_DIR = '/var/run/secrets/kubernetes.io/serviceaccount'

export interface PodOptions {
  /** Of a watchdog, which ends the pod by the pid file that is here; beside it the log and the volumes. */
  readonly stateDir: string
  /** With the image's files: see assembleImage() and makeRoot(). */
  readonly root: string
  /** Of config/deploy. */
  readonly manifests: readonly Manifest[]
  readonly controlPlane: Pick<ControlPlane, 'url'>
  /** The files of the service account's volume. */
  readonly serviceAccount: Readonly<Record<string, string>>
}

/** One pod of the Deployment, run by this file in a kubelet's place. */
export interface Pod {
  readonly running: boolean
  /** By ConfigMap; write() is what the kubelet does some time after the ConfigMap has changed. */
  readonly configMaps: ReadonlyMap<string, MountedFiles>
  readonly serviceAccount: MountedFiles
  log(): string
  /** Asks a probe of the Deployment. */
  probe(which: 'livenessProbe' | 'readinessProbe'): Promise<number>
  get(path: string): Promise<{ status: number; text: string }>
  /** The image's HEALTHCHECK, in a container of its own. */
  healthCheck(): Promise<Outcome>
  /** All of the pod's, the host first; pids are the outside's. */
  processes(): ProcessEntry[]
  signal(signal: NodeJS.Signals): void
  exited(): Promise<Exit>
  /** Kills what holds the pod, as a watchdog does. */
  kill(): Promise<Exit | undefined>
}

/**
 * Starts the Deployment's pod: the image's entry point and command, the volumes as they are mounted there, nothing else
 * writable. Not as in a cluster: the network and the port (8787 may be taken here), the limits of CPU and memory, and
 * the runtime's seccomp profile.
 */
export async function startPod(options: PodOptions): Promise<Pod> {
  const { stateDir, manifests, serviceAccount: files } = options
  mkdirSync(stateDir, { recursive: true })
  const image = imageStage()
  const spec = podOf(manifests)
  const [container] = spec.containers
  const address = `127.0.0.1:${await findLoopbackPort()}`
  const port = container.ports[0]?.containerPort
  const here = (words: readonly string[]) => words.map((word) => word.replace(new RegExp(`[\\d.]+:${port}`), address))
  const command = here([...commandOf(image, 'ENTRYPOINT'), ...(container.args ?? commandOf(image, 'CMD'))])

  const configMaps = mountConfigMaps(stateDir, manifests)
  const serviceAccount = new MountedFiles(join(stateDir, 'service-account'), files)
  const inside = describeInside(options, configMaps, serviceAccount)
  const daemon = new Daemon(stateDir, 'pod', insideCommand(inside, command), { graceMs: 30_000 })
  daemon.start()
  const get = async (path: string) => {
    const response = await fetch(`http://${address}${path}`)
    return { status: response.status, text: await response.text() }
  }
  return {
    configMaps,
    serviceAccount,
    get running() {
      return daemon.running
    },
    log: () => daemon.log(),
    get,
    probe: async (which) => (await get(container[which].httpGet.path)).status,
    healthCheck: () => runInside(inside, here(commandOf(image, 'HEALTHCHECK'))),
    processes: () => processesBelow(daemon.pid as number),
    signal: (signal) => {
      const [host] = processesBelow(daemon.pid as number)
      // What unshare is sent it keeps for itself.
      if (host !== undefined) process.kill(host.pid, signal)
    },
    exited: () => daemon.exited(),
    kill: () => daemon.stop('SIGKILL'),
  }
}

function mountConfigMaps(stateDir: string, manifests: readonly Manifest[]): Map<string, MountedFiles> {
  const names = podOf(manifests).volumes.flatMap(({ configMap }) => (configMap === undefined ? [] : [configMap.name]))
  const mount = (name: string) =>
    new MountedFiles(join(stateDir, 'config-maps', name), findManifest(manifests, 'ConfigMap', name).data ?? {})
  return new Map(names.map((name) => [name, mount(name)]))
}

function describeInside(
  { root, manifests, controlPlane }: PodOptions,
  configMaps: ReadonlyMap<string, MountedFiles>,
  serviceAccount: MountedFiles,
): Inside {
  const { volumes, containers, securityContext } = podOf(manifests)
  const image = imageStage()
  const binds: Record<string, string> = { [SERVICE_ACCOUNT_DIR]: serviceAccount.path }
  const tmpfs: Record<string, string> = {}
  for (const { name, mountPath } of containers[0].volumeMounts) {
    const volume = volumes.find((candidate) => candidate.name === name)
    const files = configMaps.get(volume?.configMap?.name ?? '')
    if (files !== undefined) binds[mountPath] = files.path
    // tmpfs counts in k, m and g.
    if (volume?.emptyDir !== undefined) tmpfs[mountPath] = volume.emptyDir.sizeLimit.replace(/i$/, '').toLowerCase()
  }
  const { hostname, port } = new URL(controlPlane.url)
  return {
    root,
    workdir: settingOf(image, 'WORKDIR'),
    user: { uid: securityContext.runAsUser, gid: securityContext.runAsGroup },
    binds,
    tmpfs,
    env: {
      ...environmentOf(image),
      HOME: '/home/node',
      HOSTNAME: 'ostler-7d9f8-abcde',
      KUBERNETES_SERVICE_HOST: hostname,
      KUBERNETES_SERVICE_PORT: port,
    },
  }
}
