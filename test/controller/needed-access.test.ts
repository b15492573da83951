import { expect, test } from 'vitest'
import type { ControllerConfig } from '../../runtime/config/schema.ts'
import { missingOf, type Need, neededAccess } from '../../runtime/controller/needed-access.ts'
import { type Access, idOfAccess } from '../../runtime/kube/access.ts'
import type { Resource } from '../../runtime/kube/resource.ts'
import { controllerConfig, DEMO } from './scripted-controller.ts'

const deployment: Resource = { ...DEMO, group: 'apps', kind: 'Deployment', plural: 'deployments' }
const pod: Resource = { ...DEMO, group: '', kind: 'Pod', plural: 'pods', subresources: ['eviction'] }
const node: Resource = { ...DEMO, group: '', kind: 'Node', plural: 'nodes', namespaced: false }
const served = [DEMO, deployment, pod, node]

async function needsOf(config: Partial<ControllerConfig>, exports: string[] = []): Promise<Need[]> {
  const resolve = async ({ kind }: { kind: string }) => served.find((resource) => resource.kind === kind)
  return neededAccess({ config: controllerConfig(config), exports, resolve })
}

/** `patch apps/deployments/scale in a named x`, events left out. */
const say = (access: Access) => {
  if ('path' in access) return `${access.verb} ${access.path}`
  const { verb, group, plural, subresource, namespace, name } = access
  const target = [group, plural, subresource].filter((part) => part !== undefined && part !== '').join('/')
  return [`${verb} ${target}`, namespace && `in ${namespace}`, name && `named ${name}`].filter(Boolean).join(' ')
}
const required = (needs: Need[]) => needs.filter(({ isOptional }) => !isOptional).map(({ access }) => say(access))

test('neededAccess() is get, list and watch of for, owns and watches, in each namespace', async () => {
  const watches = [{ gvk: node, map: 'm' }]
  expect(required(await needsOf({ namespaces: ['a', 'b'], owns: [deployment], watches }))).toEqual([
    ...['a', 'b'].flatMap((ns) => ['get', 'list', 'watch'].map((verb) => `${verb} demo.io/demos in ${ns}`)),
    ...['a', 'b'].flatMap((ns) => ['get', 'list', 'watch'].map((verb) => `${verb} apps/deployments in ${ns}`)),
    ...['get', 'list', 'watch'].map((verb) => `${verb} nodes`),
  ])
})

test('neededAccess() has patch of the status for exports that return one, and of the object for finalize', async () => {
  const writes = async (exports: string[]) =>
    required(await needsOf({}, exports)).filter((text) => text.startsWith('patch'))
  expect(await writes([])).toEqual([])
  expect(await writes(['deleted'])).toEqual([])
  expect(await writes(['reconcile'])).toEqual(['patch demo.io/demos/status'])
  expect(await writes(['reconcile', 'finalize'])).toEqual(['patch demo.io/demos/status', 'patch demo.io/demos'])
})

test('neededAccess() has events as optional, those of cluster-scoped kinds in default', async () => {
  const events = async (config: Partial<ControllerConfig>) =>
    (await needsOf(config)).filter(({ isOptional }) => isOptional).map(({ access }) => say(access))
  expect(await events({})).toEqual(['create events.k8s.io/events', 'patch events.k8s.io/events'])
  expect(await events({ gvk: node })).toEqual([
    'create events.k8s.io/events in default',
    'patch events.k8s.io/events in default',
  ])
})

test('neededAccess() reads entries of allow as requests would be: no watch, names where requests have one', async () => {
  const allow = [
    { gvk: deployment, verbs: ['get', 'list', 'watch', 'create', 'patch'], names: ['x', 'y'], namespaces: ['c'] },
    { gvk: node, verbs: ['list', 'watch'] },
    { path: '/version', verbs: ['get'] },
  ]
  expect(required(await needsOf({ namespaces: ['a'], allow })).slice(3)).toEqual([
    'get apps/deployments in c named x',
    'get apps/deployments in c named y',
    'create apps/deployments in c',
    'patch apps/deployments in c named x',
    'patch apps/deployments in c named y',
    'list nodes',
    'get /version',
  ])
})

test('neededAccess() knows nothing of a kind that is not served', async () => {
  const unknown = { group: 'x.io', version: 'v1', kind: 'Unknown' }
  expect(required(await needsOf({ gvk: unknown, allow: [{ gvk: unknown, verbs: ['get'] }] }))).toEqual([])
})

async function missing(allow: ControllerConfig['allow'], granted: readonly string[]): Promise<string[]> {
  const needs = (await needsOf({ gvk: node, allow })).slice(3).filter(({ isOptional }) => !isOptional)
  return missingOf(needs, (access) => granted.includes(say(access))).map(({ access }) => say(access))
}

test('missingOf() is what is denied, each by itself where an entry has no subresources', async () => {
  const allow = [{ gvk: deployment, verbs: ['get', 'delete'] }]
  expect(await missing(allow, ['get apps/deployments'])).toEqual(['delete apps/deployments'])
  expect(await missing(allow, ['get apps/deployments', 'delete apps/deployments'])).toEqual([])
})

test('missingOf() does not ask for create of pods where only their eviction is meant, but for all of what nothing of is granted', async () => {
  const allow = [{ gvk: pod, verbs: ['get', 'create'], subresources: ['eviction'] }]
  expect(await missing(allow, ['get pods', 'create pods/eviction'])).toEqual([])
  expect(await missing(allow, ['get pods', 'create pods'])).toEqual(['get pods/eviction', 'create pods/eviction'])
  expect(await missing(allow, ['get pods'])).toEqual(['create pods', 'get pods/eviction', 'create pods/eviction'])
})

test('idOfAccess() tells apart all that RBAC does', () => {
  const base = { verb: 'get', group: '', plural: 'pods' }
  const all: Access[] = [base, { ...base, namespace: 'a' }, { ...base, name: 'a' }, { ...base, subresource: 'a' }]
  expect(new Set([...all, { verb: 'get', path: 'a' } as const].map(idOfAccess)).size).toBe(5)
})
