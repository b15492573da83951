import { asks, type Case, del, first, get, patch, post } from '../case.ts'

const ask = asks(5)
const path = '/apis/apiregistration.k8s.io/v1/apiservices'
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const GROUP = '{id}.example.com'
const schema = { openAPIV3Schema: { type: 'object' } }
const definition = (...served: boolean[]) => ({
  metadata: { name: `widgets.${GROUP}` },
  spec: {
    group: GROUP,
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget' },
    versions: served.map((isServed, index) => ({
      name: `v${index + 1}`,
      served: isServed,
      storage: index === 0,
      schema,
    })),
  },
})
const apiService = (spec: object, name = `v1.${GROUP}`) => ({
  metadata: { name },
  spec: { group: GROUP, version: 'v1', groupPriorityMinimum: 100, versionPriority: 10, ...spec },
})
const registered = (version: string, options: object = {}) =>
  get(`${path}/${version}.${GROUP}`, { until: { status: 200 }, ...options })
const gone = (version: string) => get(`${path}/${version}.${GROUP}`, { until: { status: 404 } })

/** APIServices, which the server keeps by itself. */
export const apiServices: readonly Case[] = [
  ...['v1.', 'v2.autoscaling', 'v1.apps', 'v1.node.k8s.io'].map((name) =>
    ask(
      'get',
      'apiservices',
      `${name || 'core'} is there from the start`,
      get(`${path}/${name}`, { drop: ['resourceVersion'], managed: true }),
    ),
  ),
  ask(
    'create',
    'customresourcedefinitions',
    'an APIService for each served version',
    first(post(definitions, definition(true, true, false))),
    // Which of them is made first is chance.
    registered('v1', { managed: true, drop: ['resourceVersion'] }),
    registered('v2', { drop: ['resourceVersion'] }),
    get(`${path}/v3.${GROUP}`),
  ),
  ask(
    'update',
    'customresourcedefinitions',
    'the APIService of a version goes with it',
    first(post(definitions, definition(true, true))),
    first(registered('v2')),
    first(
      patch('json', `${definitions}/widgets.${GROUP}`, [
        { op: 'replace', path: '/spec/versions/1/served', value: false },
      ]),
    ),
    gone('v2'),
    registered('v1', { pick: ['spec'] }),
  ),
  ask(
    'delete',
    'apiservices',
    'that of a definition comes back',
    first(post(definitions, definition(true))),
    first(registered('v1')),
    first(del(`${path}/v1.${GROUP}`)),
    registered('v1', { pick: ['spec', 'status/conditions/0/status'] }),
    first(patch('merge', `${path}/v1.${GROUP}`, { spec: { versionPriority: 5 } })),
    registered('v1', { pick: ['spec'], until: { at: 'spec.versionPriority', is: 100 } }),
  ),
  ask('create', 'apiservices', 'a local one is available', post(path, apiService({}), { managed: true })),
  ask(
    'create',
    'apiservices',
    'another name than its version has',
    post(path, apiService({}, `v2.${GROUP}`)),
    post(path, apiService({ group: '', version: 'v2' }, 'v2.')),
  ),
  ask(
    'create',
    'apiservices',
    'priorities out of range',
    post(path, apiService({ groupPriorityMinimum: 20001, versionPriority: 0 })),
  ),
  ask(
    'create',
    'apiservices',
    'what only another server has',
    post(path, apiService({ caBundle: 'YWJj', insecureSkipTLSVerify: true })),
    post(path, apiService({ caBundle: 'YWJj', insecureSkipTLSVerify: true, service: { port: 0 } })),
  ),
  ask(
    'create',
    'apiservices',
    'behind a service',
    post(path, apiService({ service: { namespace: 'default', name: 'none' } }), { drop: ['lastTransitionTime'] }),
  ),
  ask(
    'update',
    'apiservices/status',
    'a condition that says nothing',
    first(post(path, apiService({}))),
    patch('merge', `${path}/v1.${GROUP}/status`, { status: { conditions: [{ type: 'A', status: 'Odd' }] } }),
  ),
]
