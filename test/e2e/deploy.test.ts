import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { chosenServer } from '../control-plane/assets.ts'
import type { AuditEvent } from '../control-plane/audit-log.ts'
import { type ControlPlane, startControlPlane } from '../control-plane/control-plane.ts'
import { describeWithKubectl } from '../control-plane/describe-on-control-plane.ts'
import { readDoc } from '../docs/repository.ts'
import { snippetsIn } from '../docs/snippets.ts'
import { repository } from '../image/dockerfile.ts'
import { DEPLOY_DIR, findManifest, type Manifest, type PodSpec, podOf, renderDeploy } from '../image/manifests.ts'
import { createToken, userNameOf } from '../image/service-account.ts'
import { startHost } from './host-process.ts'
import { createProject, type Project } from './project.ts'

const CRD = join(repository, 'config/crd/mydemo.yaml')
const SAMPLE = readFileSync(join(repository, 'config/samples/mydemo.yaml'), 'utf8')
const WITHIN = { timeout: 60_000, interval: 200 }
const NAMESPACE = 'ostler'
const ACCOUNT = { namespace: NAMESPACE, name: 'ostler' }

/** All that the ServiceAccount may do beyond what every ServiceAccount may. */
const RIGHTS = [
  'events.events.k8s.io: create patch',
  'mydemos.crddemo.k8s.io/status: patch',
  'mydemos.crddemo.k8s.io: get list watch',
]
const RIGHTS_AT_HOME = [
  'events.events.k8s.io: create patch',
  'leases.coordination.k8s.io ostler: get update',
  'leases.coordination.k8s.io: create',
  'mydemos.crddemo.k8s.io/status: patch',
  'mydemos.crddemo.k8s.io: get list watch',
]

/** What an overlay may have in place of the base's. */
const ownRole = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name: 'ostler-controllers' },
  rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'watch', 'patch'] }],
}

describeWithKubectl('config/deploy', () => {
  let controlPlane: ControlPlane
  let manifests: Manifest[]
  let project: Project

  beforeAll(async () => {
    controlPlane = await startControlPlane({ audit: true })
    manifests = await renderDeploy(controlPlane)
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' }
    await controlPlane.request('POST', '/api/v1/namespaces', { metadata: { name: NAMESPACE, labels } })
    project = createProject()
  })

  afterAll(async () => {
    await project?.remove()
    await controlPlane?.stop()
  })

  test('is accepted by the API server in a dry run, then for real', async () => {
    const applied = await kubectl('apply', '-k', DEPLOY_DIR, '--dry-run=server')
    expect(applied.trim().split('\n')).toHaveLength(manifests.length)
    expect(applied).toContain('deployment.apps/ostler created (server dry run)')
    await kubectl('apply', '-k', DEPLOY_DIR)
    expect(await kubectl('diff', '-k', DEPLOY_DIR)).toBe('')
  })

  test('takes the changes that the README’s overlay makes', async () => {
    // Below this checkout, as kustomize follows relative paths only.
    const folder = mkdtempSync(join(repository, 'node_modules/.overlay-'))
    try {
      const overlay = snippetsIn(readDoc('README.md')).find(({ file }) => file === 'kustomization.yaml')
      const files = {
        'kustomization.yaml': overlay?.text.replace('PATH', '../..') ?? '',
        'config/ostler.yaml': 'controllers: []\n',
        'handlers/greeter.ts': 'export {}\n',
        'rights.yaml': JSON.stringify(ownRole),
      }
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, name)), { recursive: true })
        writeFileSync(join(folder, name), text)
      }
      const changed = await renderDeploy(controlPlane, folder)
      expect(new Set(JSON.stringify(changed).match(/"namespace":"[^"]*"/g))).toEqual(new Set(['"namespace":"team"']))
      expect(findManifest(changed, 'ClusterRole')).toMatchObject({ rules: ownRole.rules })
      expect(podOf(changed).containers[0].image).toBe('registry.example.com/ostler')
      expect(findManifest(changed, 'ConfigMap', 'ostler-config').data).toEqual({ 'ostler.yaml': 'controllers: []\n' })
      expect(findManifest(changed, 'ConfigMap', 'ostler-handlers').data).toEqual({ 'greeter.ts': 'export {}\n' })
      expect(changed).toHaveLength(manifests.length)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  // The embedded server has no PodSecurity admission: its header says so.
  test.skipIf(chosenServer() === 'embedded')(
    'makes pods that the restricted profile of pod security admits',
    async () => {
      const spec = podOf(manifests)
      expect(await admission(spec)).toMatchObject({ status: 201 })
      const asRoot = { ...spec, securityContext: { ...spec.securityContext, runAsNonRoot: false } }
      expect(await admission(asRoot)).toMatchObject({ status: 403 })
    },
  )

  test('lets a drain of the node go on with one replica', async () => {
    expect(findManifest(manifests, 'Deployment').spec).toMatchObject({ replicas: 1 })
    expect(findManifest(manifests, 'PodDisruptionBudget').spec).toMatchObject({ maxUnavailable: 1 })
  })

  test('gives the host its rights and no others', async () => {
    await kubectl('create', 'serviceaccount', 'without-roles', '-n', NAMESPACE)
    for (const namespace of [NAMESPACE, 'default', 'kube-system']) {
      const everybody = await rightsOf('without-roles', namespace)
      const rights = (await rightsOf('ostler', namespace)).filter((right) => !everybody.includes(right))
      expect(rights).toEqual(namespace === NAMESPACE ? RIGHTS_AT_HOME : RIGHTS)
    }
    for (const words of [
      'get secrets',
      'create pods',
      'update mydemos',
      'delete mydemos',
      'list customresourcedefinitions',
    ]) {
      const asHost = ['--as', userNameOf(ACCOUNT), '-n', NAMESPACE]
      await expect(kubectl('auth', 'can-i', ...words.split(' '), ...asHost)).rejects.toThrow()
    }
  })

  test('gives the host all it needs for its controller, from before the CRD to the end of an object', async () => {
    layOutProject()
    const host = await startHost({ project, kubeconfig: await writeKubeconfig() })
    await host.waitForLog(/WaitingForCRD/)
    await host.waitUntilReady()
    await kubectl('apply', '-f', CRD)
    await host.waitForLog(/Cache synced/, 60_000)
    await controlPlane.kubectl(['apply', '-f', '-'], SAMPLE)
    await untilObserved(8080)
    await kubectl('patch', 'mydemo', 'example', '--type', 'merge', '-p', '{"spec":{"port":9090}}')
    await untilObserved(9090)
    await kubectl('delete', 'mydemo', 'example')
    await host.waitForLog(/"msg":"Deleted"/)
    const events = await kubectl('get', 'events', '-o', 'jsonpath={.items[*].reason}')
    expect(events.split(' ').filter((reason) => reason === 'Synced')).toHaveLength(2)
    expect(await host.stop()).toEqual({ code: 0, signal: null })
    expect(host.log()).not.toMatch(/orbidden/)
    const refused = (await requests()).filter(({ responseStatus }) => responseStatus?.code === 403)
    // Watching CRDs would only be quicker.
    expect(refused.filter(({ objectRef }) => objectRef?.resource !== 'customresourcedefinitions')).toEqual([])
  })

  const kubectl = (...args: string[]) => controlPlane.kubectl(args)
  const observedPort = () => kubectl('get', 'mydemo', 'example', '-o', 'jsonpath={.status.observed.port}')
  const untilObserved = (port: number) => vi.waitFor(async () => expect(await observedPort()).toBe(`${port}`), WITHIN)

  /** What the API server says to such a pod. */
  function admission(spec: PodSpec) {
    const metadata = { name: 'admitted', namespace: NAMESPACE }
    return controlPlane.request('POST', `/api/v1/namespaces/${NAMESPACE}/pods?dryRun=All`, { metadata, spec })
  }

  async function requests(): Promise<AuditEvent[]> {
    return (await controlPlane.auditEvents()).filter(({ user }) => user.username === userNameOf(ACCOUNT))
  }

  /** The files as the pod has them. */
  function layOutProject(): void {
    const mounts = { 'ostler-config': 'config', 'ostler-handlers': 'handlers' }
    for (const [name, folder] of Object.entries(mounts)) {
      const files = findManifest(manifests, 'ConfigMap', name).data ?? {}
      for (const [file, text] of Object.entries(files)) project.write(`${folder}/${file}`, text)
    }
    project = { ...project, config: join(project.dir, 'config/ostler.yaml') }
  }

  async function writeKubeconfig(): Promise<string> {
    const kubeconfig = JSON.parse(readFileSync(controlPlane.kubeconfig, 'utf8'))
    kubeconfig.users[0].user = { token: await createToken(controlPlane, ACCOUNT) }
    const file = join(project.stateDir, 'service-account.kubeconfig')
    writeFileSync(file, JSON.stringify(kubeconfig))
    return file
  }

  /** The API server's own list of what an account may do to resources: `RESOURCE NAME?: VERBS`, sorted. */
  async function rightsOf(name: string, namespace: string): Promise<string[]> {
    const user = userNameOf({ ...ACCOUNT, name })
    const text = await kubectl('auth', 'can-i', '--list', '--no-headers', '--as', user, '-n', namespace)
    // RESOURCE [PATHS] [NAMES] [VERBS]
    const lines = [...text.matchAll(/^(\S+) +\[\] +\[(.*?)\] +\[(.*?)\] *$/gm)]
    return lines.map(([, resource, names, verbs]) => `${resource}${names === '' ? '' : ` ${names}`}: ${verbs}`).sort()
  }
})
