import { setTimeout as sleep } from 'node:timers/promises'
import type { ControlPlane } from '../control-plane/control-plane.ts'
import { type HostProcess, startHost } from './host-process.ts'
import { crdFixture, createProject, handlerFixture, type Project } from './project.ts'

export type Plural = 'neighbours' | 'trials'

interface Item {
  readonly metadata: { readonly name: string; readonly generation: number }
  readonly status?: { readonly observedGeneration?: number }
}

/** One host with two controllers in a namespace of their own: `neighbour` of neighbours, and `hostile` of trials. */
export interface Neighbourhood {
  readonly host: HostProcess
  readonly project: Project
  create(plural: Plural, name: string, spec: object): Promise<void>
  /** Changes the spec of an object: its generation grows. */
  touch(plural: Plural, name: string, size: number): Promise<void>
  /** Lets the hostile controller do something else, in a fresh guest; resolves when that runs. */
  enter(attack: string): Promise<void>
  /** Names of the objects whose newest generation no reconcile has written down, `poison` ones left out. */
  unsettled(plural: Plural): Promise<string[]>
  remove(): Promise<void>
}

export interface NeighbourhoodOptions {
  readonly namespace: string
  /** One of fixtures/handlers/hostile.ts. */
  readonly attack: string
  /** Further keys of the hostile controller's entry. */
  readonly hostile?: object
  /** Default: the admin. */
  readonly user?: string
  /** Another build of the host. */
  readonly entry?: string
}

export async function applyNeighbourhoodCrds(controlPlane: ControlPlane): Promise<void> {
  for (const name of ['neighbour', 'trial']) await controlPlane.kubectl(['apply', '-f', crdFixture(name)])
  await controlPlane.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s'])
}

export async function startNeighbourhood(
  controlPlane: ControlPlane,
  { namespace, attack, hostile = {}, user = 'admin', entry }: NeighbourhoodOptions,
): Promise<Neighbourhood> {
  const project = createProject()
  for (const name of ['neighbour', 'hostile', 'oddities']) project.writeHandler(name, handlerFixture(name))
  let turn = 0
  // Another `turn` is another `with`, so that the guest is swapped in any case.
  const writeConfig = (next: string) =>
    project.writeConfig(controllersOf(namespace, { attack: next, turn: turn++ }, hostile))
  writeConfig(attack)
  await send(controlPlane, 'POST', '/api/v1/namespaces', { metadata: { name: namespace } })
  const host = await startHost({
    project,
    kubeconfig: controlPlane.kubeconfigFor(user),
    ...(entry === undefined ? {} : { entry }),
  })
  await host.waitUntilReady()
  const path = (plural: Plural) => `/apis/e2e.example.com/v1/namespaces/${namespace}/${plural}`
  return {
    host,
    project,
    create: async (plural, name, spec) => {
      const kind = plural === 'trials' ? 'Trial' : 'Neighbour'
      const object = { apiVersion: 'e2e.example.com/v1', kind, metadata: { name }, spec }
      await send(controlPlane, 'POST', path(plural), object)
    },
    touch: async (plural, name, size) => {
      await send(controlPlane, 'PATCH', `${path(plural)}/${name}`, { spec: { size } })
    },
    enter: async (next) => {
      const swaps = await host.metric(SWAPS, { controller: 'hostile' })
      writeConfig(next)
      const hasSwapped = async () => (await host.metric(SWAPS, { controller: 'hostile' })) > swaps
      for (const deadline = Date.now() + 30_000; !(await hasSwapped()); await sleep(50)) {
        if (Date.now() > deadline) throw new Error(`The hostile controller did not become "${next}" within 30 s`)
      }
    },
    unsettled: async (plural) => {
      const { items } = (await send(controlPlane, 'GET', path(plural))) as { items: Item[] }
      return items.filter((item) => !isSettled(item)).map(({ metadata }) => metadata.name)
    },
    remove: () => project.remove(),
  }
}

const SWAPS = 'ostler_swaps_total'

function controllersOf(namespace: string, config: object, hostile: object): object[] {
  const common = { namespaces: [namespace], memory: '64Mi' }
  return [
    { name: 'neighbour', for: 'e2e.example.com/v1/Neighbour', handler: 'handlers/neighbour.ts', ...common },
    {
      name: 'hostile',
      for: 'e2e.example.com/v1/Trial',
      handler: 'handlers/hostile.ts',
      with: config,
      ...common,
      ...hostile,
    },
  ]
}

function isSettled({ metadata, status }: Item): boolean {
  return metadata.name.startsWith('poison') || status?.observedGeneration === metadata.generation
}

async function send(controlPlane: ControlPlane, method: string, path: string, body?: object): Promise<unknown> {
  const answer = await controlPlane.request(method, path, body)
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
  return answer.body
}
