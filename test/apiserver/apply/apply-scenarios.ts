import type { JsonObject, JsonValue } from '../../../runtime/apiserver/json.ts'
import type { ApiResource } from '../../../runtime/apiserver/kinds/api-resource.ts'
import { createBuiltInRegistry } from '../../../runtime/apiserver/kinds/load.ts'
import type { Schema } from '../../../runtime/apiserver/schema/schema.ts'

/** Numbers from a seed (mulberry32): the same seed tries the same sequences. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** 0 ≤ n < 1 */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.next() * choices.length)] as T
  }

  /** Each with the same chance, in a random order. */
  some<T>(choices: readonly T[], probability = 0.5): T[] {
    const kept = choices.filter(() => this.chance(probability))
    return kept
      .map((each) => ({ each, place: this.next() }))
      .sort((a, b) => a.place - b.place)
      .map(({ each }) => each)
  }
}

/** A kind to try, and what its objects may look like. */
export interface Scenario {
  readonly resource: ApiResource
  readonly collection: string
  /** Without defaults in its schema: what an apply makes is what is stored. */
  readonly isExact: boolean
  /** What somebody wants to own, beside the names. */
  fields(random: Random): JsonObject
  status?(random: Random): JsonObject
}

const registry = createBuiltInRegistry()

export function scenarios(): Scenario[] {
  return [configMap, deployment, service, gadget]
}

/** Parts by chance; what is left out is not there. */
function parts(
  random: Random,
  choices: Readonly<Record<string, (random: Random) => JsonValue>>,
  chance = 0.5,
): JsonObject {
  const chosen = random.some(Object.keys(choices), chance)
  return Object.fromEntries(chosen.map((name) => [name, (choices[name] as (random: Random) => JsonValue)(random)]))
}

const text = (random: Random) => random.pick(['a', 'b', 'c'])
const number = (random: Random) => random.pick([1, 2, 3])
const texts = (random: Random) => random.some(['a', 'b', 'c', 'd'])
const map = (random: Random) => parts(random, { a: text, b: text, c: text })

const metadata = (random: Random) =>
  parts(
    random,
    {
      labels: map,
      annotations: map,
      finalizers: (each) => each.some(['x.dev/a', 'x.dev/b']),
      ownerReferences: (each) =>
        each.some(['u1', 'u2']).map((uid) => ({ apiVersion: 'v1', kind: 'ConfigMap', name: text(each), uid })),
    },
    0.3,
  )

const configMap: Scenario = {
  resource: builtIn('', 'v1', 'configmaps'),
  collection: '/api/v1/namespaces/default/configmaps',
  isExact: true,
  fields: (random) => ({
    metadata: metadata(random),
    ...parts(random, { data: map, binaryData: () => ({ z: 'AAAA' }) }, 0.7),
  }),
}

const service: Scenario = {
  resource: builtIn('', 'v1', 'services'),
  collection: '/api/v1/namespaces/default/services',
  isExact: false,
  fields: (random) => ({
    metadata: metadata(random),
    spec: {
      clusterIP: 'None',
      ...parts(random, { selector: map, publishNotReadyAddresses: () => true }),
      ports: random.some([80, 81, 82], 0.7).map((port) => ({
        port,
        name: `p${port}`,
        ...parts(random, { protocol: () => 'TCP', targetPort: (each) => each.pick(['http', 8080]) }),
      })),
    },
  }),
}

const container = (name: string) => (random: Random) => ({
  name,
  image: text(random),
  ...parts(random, {
    command: texts,
    env: (each) => each.some(['A', 'B', 'C']).map((key) => ({ name: key, ...parts(each, { value: text }) })),
    ports: (each) =>
      each.some([80, 81, 82]).map((containerPort) => ({
        containerPort,
        ...parts(each, { protocol: () => 'TCP', name: () => `p${containerPort}` }),
      })),
    resources: (each) =>
      parts(each, { limits: () => ({ cpu: each.pick(['1', '2']) }), requests: () => ({ cpu: '1' }) }),
    imagePullPolicy: (each) => each.pick(['Always', 'Never']),
  }),
})

const deployment: Scenario = {
  resource: builtIn('apps', 'v1', 'deployments'),
  collection: '/apis/apps/v1/namespaces/default/deployments',
  isExact: false,
  fields: (random) => ({
    metadata: metadata(random),
    spec: {
      selector: { matchLabels: { app: 'x' } },
      ...parts(random, { replicas: number, paused: (each) => each.chance(0.5), minReadySeconds: number }),
      ...parts(random, { strategy: (each) => ({ type: each.pick(['Recreate', 'RollingUpdate']) }) }, 0.2),
      template: {
        metadata: { labels: { app: 'x', ...map(random) } },
        spec: {
          containers: ['one', 'two', 'three']
            .filter((name) => name === 'one' || random.chance(0.5))
            .map((name) => container(name)(random)),
          ...parts(
            random,
            {
              volumes: (each) =>
                each.some(['v', 'w']).map((name) => ({ name, emptyDir: parts(each, { medium: () => 'Memory' }) })),
              tolerations: (each) => each.some(['t', 'u']).map((key) => ({ key, operator: 'Exists' })),
              nodeSelector: map,
            },
            0.3,
          ),
        },
      },
    },
  }),
  status: (random) => ({
    status: parts(random, {
      replicas: number,
      observedGeneration: number,
      conditions: (each) =>
        each.some(['Available', 'Progressing']).map((type) => ({ type, status: each.pick(['True', 'False']) })),
    }),
  }),
}

const TEXT: Schema = { type: 'string' }

/** Every way in which a custom kind's schema can say how it is merged. */
const GADGET_SPEC: Schema = {
  type: 'object',
  properties: {
    size: { type: 'integer' },
    mode: { 'x-kubernetes-int-or-string': true },
    tags: { type: 'array', items: TEXT, 'x-kubernetes-list-type': 'set' },
    numbers: { type: 'array', items: { type: 'integer' }, 'x-kubernetes-list-type': 'set' },
    parts: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name', 'port'],
      items: {
        type: 'object',
        required: ['name'],
        properties: {
          name: TEXT,
          port: { type: 'integer', default: 80 },
          color: TEXT,
          inner: { type: 'array', items: TEXT, 'x-kubernetes-list-type': 'set' },
        },
      },
    },
    whole: { type: 'array', items: { type: 'object', properties: { a: TEXT } } },
    plain: { type: 'array', items: TEXT, 'x-kubernetes-list-type': 'atomic' },
    one: { type: 'object', 'x-kubernetes-map-type': 'atomic', properties: { a: TEXT, b: TEXT } },
    many: { type: 'object', properties: { a: TEXT, deep: { type: 'object', properties: { b: TEXT, c: TEXT } } } },
    entries: { type: 'object', additionalProperties: TEXT },
    objects: {
      type: 'object',
      additionalProperties: { type: 'object', properties: { a: TEXT, b: TEXT } },
    },
    free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { known: TEXT } },
    embedded: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
  },
}

const GADGET_SCHEMA: Schema = {
  type: 'object',
  properties: {
    spec: GADGET_SPEC,
    status: {
      type: 'object',
      properties: {
        ready: { type: 'boolean' },
        conditions: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['type'],
          items: { type: 'object', required: ['type'], properties: { type: TEXT, status: TEXT } },
        },
      },
    },
  },
}

export const GADGET_DEFINITION = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'gadgets.x.dev' },
  spec: {
    group: 'x.dev',
    scope: 'Namespaced',
    names: { plural: 'gadgets', singular: 'gadget', kind: 'Gadget', listKind: 'GadgetList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: GADGET_SCHEMA },
        subresources: { status: {} },
      },
    ],
  },
}

const gadget: Scenario = {
  resource: customResource(),
  collection: '/apis/x.dev/v1/namespaces/default/gadgets',
  isExact: true,
  fields: (random) => ({
    metadata: metadata(random),
    ...parts(random, { spec: gadgetSpec }, 0.9),
  }),
  status: (random) => ({
    status: parts(random, {
      ready: (each) => each.chance(0.5),
      conditions: (each) => each.some(['A', 'B']).map((type) => ({ type, status: text(each) })),
    }),
  }),
}

function gadgetSpec(random: Random): JsonObject {
  return parts(
    random,
    {
      size: number,
      mode: (each) => each.pick(['a', 1]),
      tags: texts,
      numbers: (each) => each.some([10, 9, 2]),
      parts: (each) =>
        each
          .some(['a', 'b', 'c'])
          .map((name) => ({ name, ...parts(each, { port: () => 81, color: text, inner: texts }) })),
      whole: (each) => each.some(['a', 'b']).map((a) => ({ a })),
      plain: texts,
      one: (each) => parts(each, { a: text, b: text }),
      many: (each) => parts(each, { a: text, deep: (deep) => parts(deep, { b: text, c: text }) }),
      entries: map,
      objects: (each) =>
        parts(each, { x: (inner) => parts(inner, { a: text, b: text }), y: (inner) => parts(inner, { a: text }) }),
      free: (each) => parts(each, { known: text, list: texts, deep: (deep) => parts(deep, { b: text, c: map }) }),
      embedded: (each) => ({
        apiVersion: 'v1',
        kind: 'Some',
        metadata: { name: 'n', ...parts(each, { labels: () => ({ l: text(each) }) }) },
        ...parts(each, { x: map }),
      }),
    },
    0.4,
  )
}

function builtIn(group: string, version: string, plural: string): ApiResource {
  const resource = registry.find(group, version, plural)
  if (resource === undefined) throw new Error(`No built-in resource "${plural}"`)
  return resource
}

export function customResource(schema: Schema = GADGET_SCHEMA): ApiResource {
  return {
    group: 'x.dev',
    version: 'v1',
    kind: 'Gadget',
    listKind: 'GadgetList',
    plural: 'gadgets',
    singular: 'gadget',
    namespaced: true,
    shortNames: [],
    categories: [],
    verbs: [],
    subresources: new Map([['status', { kind: 'Gadget', verbs: ['patch'] }]]),
    storage: 'x.dev/gadgets',
    storageApiVersion: 'x.dev/v1',
    schema,
    columns: [],
    strategy: { hasGeneration: true, hasStatus: true },
    isCustom: true,
    selectableFields: {},
  }
}
