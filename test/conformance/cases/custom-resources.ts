import { asks, type Case, del, first, get, PARTIAL, patch, post, put, type Step, TABLE, watch } from '../case.ts'

const ask = asks(4)
const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const crd = `${crds}/things.{id}.example.com`
const things = '/apis/{id}.example.com/v1/namespaces/{ns}/things'

type Parts = Readonly<Record<string, unknown>>
const anything: Parts = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
const object = (properties: Parts, extra: Parts = {}): Parts => ({ type: 'object', properties, ...extra })

const version = (schema: Parts, extra: Parts = {}): Parts => ({
  name: 'v1',
  served: true,
  storage: true,
  schema: { openAPIV3Schema: schema },
  ...extra,
})
const definition = (versions: readonly Parts[], extra: Parts = {}, metadata: Parts = {}): Parts => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.{id}.example.com', ...metadata },
  spec: {
    group: '{id}.example.com',
    scope: 'Namespaced',
    names: { plural: 'things', kind: 'Thing' },
    versions,
    ...extra,
  },
})
const SERVED = { status: 200, at: 'kind', is: 'ThingList' }
/** Defines Thing and waits until it is served. */
const defined = (spec: Parts, versionExtra: Parts = {}, extra: Parts = {}): Step[] => [
  first(post(crds, definition([version(object({ spec, status: anything }), versionExtra)], extra))),
  first(get(things, { until: SERVED, drop: ['metadata'] })),
]
const thing = (spec: unknown, metadata: Parts = {}, extra: Parts = {}) => ({
  apiVersion: '{id}.example.com/v1',
  kind: 'Thing',
  metadata: { name: 'a', ...metadata },
  spec,
  ...extra,
})

const string = { type: 'string' }
const integer = { type: 'integer' }
const created = (feature: string, schema: Parts, spec: unknown, query = ''): Case =>
  ask(
    'create',
    'custom resource',
    feature,
    ...defined(schema),
    post(`${things}${query}`, thing(spec), { unordered: true }),
  )
const refused = (feature: string, schema: Parts): Case =>
  ask('create', 'customresourcedefinitions', feature, post(crds, definition([version(schema)])))

const definitions: Case[] = [
  ask(
    'create',
    'customresourcedefinitions',
    'the answer',
    post(crds, definition([version(object({ spec: anything }))]), {
      drop: ['conditions', 'acceptedNames', 'storedVersions'],
    }),
  ),
  ask(
    'create',
    'customresourcedefinitions',
    'becomes established',
    first(
      post(
        crds,
        definition([version(object({ spec: anything }))], {
          names: { plural: 'things', kind: 'Thing', shortNames: ['th'], categories: ['all'] },
        }),
      ),
    ),
    get(crd, { until: { at: 'status.conditions.type=Established.status', is: 'True' }, drop: ['resourceVersion'] }),
  ),
  ask(
    'create',
    'customresourcedefinitions',
    'a name that does not fit',
    post(crds, definition([version(object({}))], {}, { name: 'others.{id}.example.com' })),
  ),
  ask('create', 'customresourcedefinitions', 'no versions', post(crds, definition([]))),
  ask(
    'create',
    'customresourcedefinitions',
    'no schema',
    post(crds, definition([{ name: 'v1', served: true, storage: true }])),
  ),
  ask(
    'create',
    'customresourcedefinitions',
    'two storage versions',
    post(crds, definition([version(anything), version(anything, { name: 'v2' })])),
  ),
  ask(
    'create',
    'customresourcedefinitions',
    'no storage version',
    post(crds, definition([version(anything, { storage: false })])),
  ),
  ask(
    'create',
    'customresourcedefinitions',
    'a version name that is none',
    post(crds, definition([version(anything, { name: 'V 1' })])),
  ),
  ask(
    'create',
    'customresourcedefinitions',
    'a scope that is none',
    post(crds, definition([version(anything)], { scope: 'Galaxy' })),
  ),
  ask(
    'create',
    'customresourcedefinitions',
    'kind and plural missing',
    post(crds, definition([version(anything)], { names: {} })),
  ),
  ask(
    'create',
    'customresourcedefinitions',
    'a protected group without approval',
    post(crds, {
      ...definition([version(anything)], { group: '{id}.k8s.io' }),
      metadata: { name: 'things.{id}.k8s.io' },
    }),
  ),
  ask(
    'create',
    'customresourcedefinitions',
    'a protected group with approval',
    post(
      crds,
      {
        ...definition([version(anything)], { group: '{id}.k8s.io' }),
        metadata: {
          name: 'things.{id}.k8s.io',
          annotations: { 'api-approved.kubernetes.io': 'unapproved, for a test' },
        },
      },
      { quiet: true },
    ),
    get(`${crds}/things.{id}.k8s.io`, {
      until: { at: 'status.conditions.type=Established.status', is: 'True' },
      pick: ['status/conditions'],
      unordered: true,
    }),
  ),
  ask(
    'create',
    'customresourcedefinitions',
    'preserveUnknownFields',
    post(crds, definition([version(anything)], { preserveUnknownFields: true })),
  ),
  ask(
    'create',
    'customresourcedefinitions',
    'a conversion without a webhook',
    post(crds, definition([version(anything)], { conversion: { strategy: 'Webhook' } })),
  ),
  ask(
    'create',
    'customresourcedefinitions',
    'short names and categories that are none',
    post(
      crds,
      definition([version(anything)], {
        names: { plural: 'things', kind: 'Thing', shortNames: ['T_'], categories: ['A B'] },
      }),
    ),
  ),
  ask(
    'create',
    'customresourcedefinitions',
    'a printer column that is none',
    post(
      crds,
      definition([version(anything, { additionalPrinterColumns: [{ name: 'A', type: 'text', jsonPath: 'spec.a' }] })]),
    ),
  ),
  ask(
    'create',
    'customresourcedefinitions',
    'scale without paths',
    post(crds, definition([version(anything, { subresources: { scale: {} } })])),
  ),
  refused('schema: type missing', object({ spec: { properties: { a: string } } })),
  refused('schema: an array without items', object({ a: { type: 'array' } })),
  refused('schema: a type that is none', object({ a: { type: 'text' } })),
  refused(
    'schema: properties and additionalProperties',
    object({ a: object({ b: string }, { additionalProperties: string }) }),
  ),
  refused('schema: a default of the wrong type', object({ a: { type: 'integer', default: 'x' } })),
  refused('schema: uniqueItems', object({ a: { type: 'array', items: string, uniqueItems: true } })),
  refused('schema: a reference', object({ a: { $ref: '#/definitions/x' } })),
  refused(
    'schema: list type map without keys',
    object({ a: { type: 'array', items: object({ k: string }), 'x-kubernetes-list-type': 'map' } }),
  ),
  refused(
    'schema: list keys neither required nor defaulted',
    object({
      a: {
        type: 'array',
        items: object({ k: string }),
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['k'],
      },
    }),
  ),
  refused('schema: a pattern that is none', object({ a: { type: 'string', pattern: '(' } })),
  refused('schema: types within anyOf', object({ a: { anyOf: [{ type: 'string' }] } })),
  refused('schema: metadata with more than names', object({ metadata: object({ labels: anything }) })),
  refused('schema: int-or-string with a type', object({ a: { type: 'string', 'x-kubernetes-int-or-string': true } })),
  refused(
    'schema: a rule that does not compile',
    object({ a: { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self >' }] } }),
  ),
  refused(
    'schema: a rule over an unknown field',
    object({ spec: object({ a: string }, { 'x-kubernetes-validations': [{ rule: 'self.b == "x"' }] }) }),
  ),
  refused(
    'schema: a rule that is no boolean',
    object({ spec: object({ a: string }, { 'x-kubernetes-validations': [{ rule: 'self.a' }] }) }),
  ),
  refused(
    'schema: a rule with an empty text',
    object({ a: { type: 'integer', 'x-kubernetes-validations': [{ rule: '' }] } }),
  ),
  refused(
    'schema: a rule with a message of several lines',
    object({ a: { type: 'integer', 'x-kubernetes-validations': [{ rule: 'true', message: 'a\nb' }] } }),
  ),
  ask(
    'create',
    'customresourcedefinitions',
    'names taken by another',
    first(post(crds, definition([version(anything)]))),
    first(get(things, { until: SERVED, drop: ['metadata'] })),
    first(
      post(crds, {
        ...definition([version(anything)], { names: { plural: 'others', kind: 'Thing' } }),
        metadata: { name: 'others.{id}.example.com' },
      }),
    ),
    get(`${crds}/others.{id}.example.com`, {
      until: { at: 'status.conditions.type=NamesAccepted.status', is: 'False' },
      pick: ['status/conditions', 'status/acceptedNames'],
    }),
  ),
  ask(
    'update',
    'customresourcedefinitions',
    'scope cannot change',
    first(post(crds, definition([version(anything)]))),
    first(get(things, { until: SERVED, drop: ['metadata'] })),
    patch('merge', crd, { spec: { scope: 'Cluster' } }),
  ),
  ask(
    'update',
    'customresourcedefinitions',
    'a new version is served',
    ...defined({ type: 'object', properties: { a: string } }),
    first(
      patch('merge', crd, {
        spec: {
          versions: [
            version(object({ spec: anything })),
            version(object({ spec: anything }), { name: 'v2', storage: false }),
          ],
        },
      }),
    ),
    first(get(things.replace('/v1/', '/v2/'), { until: { status: 200 }, drop: ['metadata'] })),
    get('/apis/{id}.example.com', { until: { at: 'versions.0.version', is: 'v2' } }),
  ),
  ask(
    'update',
    'customresourcedefinitions',
    'a stored version removed',
    ...defined(anything),
    patch('merge', crd, { spec: { versions: [version(anything, { name: 'v2' })] } }),
  ),
  ask(
    'update',
    'customresourcedefinitions',
    'a version no longer served',
    ...defined(anything),
    first(
      patch('merge', crd, {
        spec: {
          versions: [
            version(object({ spec: anything }), { served: false }),
            version(object({ spec: anything }), { name: 'v2', storage: false }),
          ],
        },
      }),
    ),
    get(things, { until: { status: 404 } }),
  ),
  ask(
    'delete',
    'customresourcedefinitions',
    'takes its objects along',
    ...defined(anything),
    first(post(things, thing({}))),
    del(crd, undefined, { pick: ['kind', 'metadata/finalizers'] }),
    get(crd, { until: { status: 404 } }),
    get(things, { until: { status: 404 } }),
  ),
  ask(
    'delete',
    'customresourcedefinitions',
    "waits for the objects' finalizers",
    ...defined(anything),
    first(post(things, thing({}, { finalizers: ['e.com/f'] }))),
    first(del(crd)),
    get(`${things}/a`, { until: { at: 'metadata.deletionGracePeriodSeconds', is: 0 }, drop: ['resourceVersion'] }),
    post(things, thing({}, { name: 'b' })),
    first(patch('merge', `${things}/a`, { metadata: { finalizers: null } })),
    get(crd, { until: { status: 404 } }),
  ),
]

const validation: Case[] = [
  created('required', object({ a: string }, { required: ['a', 'b'] }), {}),
  created(
    'wrong types',
    object({
      s: string,
      i: integer,
      n: { type: 'number' },
      b: { type: 'boolean' },
      a: { type: 'array', items: string },
      o: object({}),
    }),
    { s: 1, i: 'x', n: 'y', b: 'z', a: 'w', o: 'v' },
  ),
  created('a fraction for an integer', object({ i: integer }), { i: 1.5 }),
  created('null', object({ s: string, n: { type: 'string', nullable: true } }), { s: null, n: null }),
  created('null where it is not allowed, required', object({ s: string }, { required: ['s'] }), { s: null }),
  created('enum', object({ s: { type: 'string', enum: ['a', 'b'] } }), { s: 'c' }),
  created(
    'minimum and maximum',
    object({
      i: { ...integer, minimum: 2 },
      j: { ...integer, maximum: 3 },
      k: { ...integer, minimum: 2, exclusiveMinimum: true },
    }),
    { i: 1, j: 4, k: 2 },
  ),
  created('multipleOf', object({ i: { ...integer, multipleOf: 3 } }), { i: 4 }),
  created('length', object({ s: { ...string, minLength: 2 }, t: { ...string, maxLength: 2 } }), { s: 'a', t: 'abc' }),
  created('pattern', object({ s: { ...string, pattern: '^[a-z]+$' } }), { s: 'A1' }),
  created('format date-time', object({ s: { ...string, format: 'date-time' } }), { s: 'today' }),
  created(
    'formats',
    object({
      d: { ...string, format: 'date' },
      u: { ...string, format: 'uuid' },
      e: { ...string, format: 'email' },
      i: { ...string, format: 'ipv4' },
      b: { ...string, format: 'byte' },
      r: { ...string, format: 'uri' },
      c: { ...string, format: 'cidr' },
      t: { ...string, format: 'duration' },
    }),
    { d: 'x', u: 'x', e: 'x', i: 'x', b: '!', r: ':', c: 'x', t: 'x' },
  ),
  created('an unknown format', object({ s: { ...string, format: 'odd' } }), { s: 'x' }),
  created('int32', object({ i: { ...integer, format: 'int32' } }), { i: 3_000_000_000 }),
  created(
    'number of items',
    object({ a: { type: 'array', items: string, minItems: 2 }, b: { type: 'array', items: string, maxItems: 1 } }),
    { a: ['x'], b: ['x', 'y'] },
  ),
  created(
    'number of properties',
    object({
      a: { type: 'object', additionalProperties: string, minProperties: 1 },
      b: { type: 'object', additionalProperties: string, maxProperties: 1 },
    }),
    { a: {}, b: { x: '1', y: '2' } },
  ),
  created('values of a map', object({ m: { type: 'object', additionalProperties: integer } }), { m: { x: 'y' } }),
  created('oneOf', object({ a: string, b: string }, { oneOf: [{ required: ['a'] }, { required: ['b'] }] }), {
    a: 'x',
    b: 'y',
  }),
  created('anyOf', object({ a: string, b: string }, { anyOf: [{ required: ['a'] }, { required: ['b'] }] }), {}),
  created('allOf', object({ a: integer }, { allOf: [{ properties: { a: { minimum: 5 } } }] }), { a: 1 }),
  created('not', object({ a: string }, { not: { required: ['a'] } }), { a: 'x' }),
  created(
    'int-or-string',
    object({ a: { 'x-kubernetes-int-or-string': true }, b: { 'x-kubernetes-int-or-string': true } }),
    { a: 5, b: true },
  ),
  created('a set with duplicates', object({ a: { type: 'array', items: string, 'x-kubernetes-list-type': 'set' } }), {
    a: ['x', 'x'],
  }),
  created(
    'list map keys twice',
    object({
      a: {
        type: 'array',
        items: object({ k: string }, { required: ['k'] }),
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['k'],
      },
    }),
    { a: [{ k: 'x' }, { k: 'x' }] },
  ),
  created(
    'an embedded resource without a kind',
    object({
      t: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
    }),
    { t: { metadata: { name: 'A_' } } },
  ),
  created(
    'a nested path in messages',
    object({
      l: { type: 'array', items: object({ m: { type: 'object', additionalProperties: object({ i: integer }) } }) },
    }),
    { l: [{}, { m: { 'a.b': { i: 'x' } } }] },
  ),
  ask(
    'create',
    'custom resource',
    'metadata is checked',
    ...defined(anything),
    post(things, thing({}, { name: 'A_', labels: { x: '!' } })),
  ),
  ask(
    'create',
    'custom resource',
    'labels that are no strings',
    ...defined(anything),
    post(things, thing({}, { labels: { x: 1 } })),
  ),
  ask(
    'create',
    'custom resource',
    'another kind in the body',
    ...defined(anything),
    post(things, { ...thing({}), kind: 'Other' }),
  ),
  ask(
    'create',
    'custom resource',
    'no kind in the body',
    ...defined(anything),
    post(things, { metadata: { name: 'a' } }),
  ),
  ask(
    'create',
    'custom resource',
    'no namespace',
    ...defined(anything),
    post('/apis/{id}.example.com/v1/things', thing({})),
  ),
  ask(
    'create',
    'custom resource',
    'generation and the answer',
    ...defined(object({ a: integer })),
    post(things, thing({ a: 1 }), { managed: true }),
  ),
  ask(
    'update',
    'custom resource',
    'validation is ratcheted',
    ...defined(object({ a: string, b: string })),
    first(post(things, thing({ a: 'long', b: 'x' }))),
    first(
      patch('merge', crd, {
        spec: {
          versions: [
            version(object({ spec: object({ a: { ...string, maxLength: 2 }, b: string }), status: anything })),
          ],
        },
      }),
    ),
    first(post(`${things}?dryRun=All`, thing({ a: 'long' }, { name: 'probe' }), { until: { status: 422 } })),
    patch('merge', `${things}/a`, { spec: { b: 'y' } }),
    patch('merge', `${things}/a`, { spec: { a: 'other' } }),
  ),
  ask(
    'update',
    'custom resource',
    'no version in the body',
    ...defined(anything),
    first(post(things, thing({ a: 1 }))),
    put(`${things}/a`, thing({ a: 2 })),
  ),
  ask(
    'update',
    'custom resource',
    'with the version',
    ...defined(anything),
    post(things, thing({ a: 1 })),
    put(`${things}/a`, thing({ a: 2 }, { resourceVersion: '{2.metadata.resourceVersion}' })),
  ),
  ask(
    'update',
    'custom resource',
    'metadata does not count for the generation',
    ...defined(anything),
    first(post(things, thing({ a: 1 }))),
    patch('merge', `${things}/a`, { metadata: { labels: { x: 'y' } } }),
    patch('merge', `${things}/a`, { spec: { a: 3 } }),
  ),
]

const pruning: Case[] = [
  created(
    'unknown fields are pruned',
    object({ a: string, o: object({ b: string }), l: { type: 'array', items: object({ c: string }) } }),
    { a: 'x', z: 1, o: { b: 'y', z: 2 }, l: [{ c: 'w', z: 3 }] },
  ),
  created(
    'unknown fields are kept where told',
    object({ p: anything, q: object({ b: string }, { 'x-kubernetes-preserve-unknown-fields': true }) }),
    { p: { z: 1 }, q: { b: 'x', z: { y: 2 } } },
  ),
  created('unknown fields, strictly', object({ a: string }), { a: 'x', z: 1, y: { x: 1 } }, '?fieldValidation=Strict'),
  created('unknown fields, warned', object({ a: string }), { a: 'x', z: 1 }, '?fieldValidation=Warn'),
  created('unknown fields, ignored', object({ a: string }), { a: 'x', z: 1 }, '?fieldValidation=Ignore'),
  created(
    'an embedded resource keeps its metadata',
    object({ t: object({ spec: object({ a: string }) }, { 'x-kubernetes-embedded-resource': true }) }),
    { t: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', odd: 1 }, spec: { a: 'x', z: 1 }, z: 2 } },
  ),
  ask(
    'create',
    'custom resource',
    'unknown fields at the top',
    ...defined(anything),
    post(things, { ...thing({}), odd: 1 }),
  ),
  ask(
    'create',
    'custom resource',
    'unknown fields of metadata, strictly',
    ...defined(anything),
    post(`${things}?fieldValidation=Strict`, thing({}, { odd: 1 })),
  ),
  ask(
    'create',
    'custom resource',
    'duplicate fields, strictly',
    ...defined(anything),
    post(
      `${things}?fieldValidation=Strict`,
      '{"apiVersion":"{id}.example.com/v1","kind":"Thing","metadata":{"name":"a"},"spec":{"x":1,"x":2}}',
    ),
  ),
  created(
    'defaults',
    object({
      a: { ...string, default: 'x' },
      o: object({ b: { ...integer, default: 5 } }, { default: {} }),
      p: object({ c: { type: 'boolean', default: true } }),
      l: { type: 'array', items: object({ d: { ...string, default: 'e' } }) },
    }),
    { l: [{}] },
  ),
  created(
    'a default in place of null',
    object({ a: { ...string, default: 'x' }, b: { ...string, nullable: true, default: 'y' } }),
    { a: null, b: null },
  ),
  created(
    'defaults of the values of a map',
    object({ m: { type: 'object', additionalProperties: object({ d: { ...integer, default: 1 } }) } }),
    { m: { k: {} } },
  ),
  ask(
    'get',
    'custom resource',
    'a default that came later',
    ...defined(object({ a: string })),
    first(post(things, thing({ a: 'x' }))),
    first(
      patch('merge', crd, {
        spec: {
          versions: [
            version(object({ spec: object({ a: string, b: { ...string, default: 'new' } }), status: anything })),
          ],
        },
      }),
    ),
    get(`${things}/a`, { until: { at: 'spec.b', is: 'new' } }),
  ),
  ask(
    'create',
    'custom resource',
    'no spec, whose default has defaults',
    ...defined(object({ a: { ...integer, default: 3 } }, { default: {} })),
    post(things, { ...thing(undefined) }),
  ),
]

const ruled = (rules: readonly Parts[], properties: Parts): Parts =>
  object(properties, { 'x-kubernetes-validations': rules })
const transition = (feature: string, schema: Parts, before: unknown, after: unknown): Case =>
  ask(
    'update',
    'custom resource',
    feature,
    ...defined(schema),
    first(post(things, thing(before))),
    patch('merge', `${things}/a`, { spec: after }),
  )

const rules: Case[] = [
  created(
    'rule: a message of its own',
    ruled([{ rule: 'self.a <= self.b', message: 'a must not be above b' }], { a: integer, b: integer }),
    { a: 3, b: 2 },
  ),
  created('rule: no message', ruled([{ rule: 'self.a <= self.b' }], { a: integer, b: integer }), { a: 3, b: 2 }),
  created(
    'rule: messageExpression',
    ruled([{ rule: 'self.a <= 2', messageExpression: '"a is " + self.s' }], {
      a: integer,
      s: { ...string, maxLength: 9 },
    }),
    { a: 3, s: 'three' },
  ),
  created(
    'rule: reason and fieldPath',
    ruled([{ rule: 'self.a <= 2', reason: 'FieldValueForbidden', fieldPath: '.a', message: 'too much' }], {
      a: integer,
    }),
    { a: 3 },
  ),
  created(
    'rule: has()',
    ruled([{ rule: 'has(self.a) != has(self.b)', message: 'one of a and b' }], { a: integer, b: integer }),
    {},
  ),
  created(
    'rule: all() and exists()',
    ruled(
      [
        { rule: 'self.l.all(x, x.startsWith("a"))', message: 'all begin with a' },
        { rule: 'self.l.exists(x, x == "ab")', message: 'one is ab' },
      ],
      { l: { type: 'array', items: string } },
    ),
    { l: ['b'] },
  ),
  created(
    'rule: size, matches and in',
    ruled(
      [
        { rule: 'size(self.s) < 3', message: 'short' },
        { rule: 'self.s.matches("^[0-9]+$")', message: 'digits' },
        { rule: 'self.s in ["1", "2"]', message: 'one or two' },
      ],
      { s: string },
    ),
    { s: 'abcd' },
  ),
  created(
    'rule: on a map',
    ruled([{ rule: 'self.m.all(k, self.m[k] > 0)', message: 'positive' }], {
      m: { type: 'object', additionalProperties: integer },
    }),
    { m: { a: 0 } },
  ),
  created(
    'rule: on a string field',
    object({
      s: { ...string, 'x-kubernetes-validations': [{ rule: 'self == self.lowerAscii()', message: 'lower case' }] },
    }),
    { s: 'ABC' },
  ),
  created(
    'rule: on items of a list',
    object({ l: { type: 'array', items: { ...string, 'x-kubernetes-validations': [{ rule: 'self != "no"' }] } } }),
    { l: ['yes', 'no'] },
  ),
  created(
    'rule: quantities',
    ruled([{ rule: 'quantity(self.q).isLessThan(quantity("1Gi"))', message: 'less than 1Gi' }], { q: string }),
    { q: '2Gi' },
  ),
  created(
    'rule: durations and times',
    ruled([{ rule: 'duration(self.d) < duration("1h")', message: 'less than an hour' }], { d: string }),
    { d: '90m' },
  ),
  created(
    'rule: urls and addresses',
    ruled(
      [
        { rule: 'url(self.u).getHost() == "a.example.com"', message: 'the host' },
        { rule: 'isIP(self.i)', message: 'an address' },
      ],
      { u: string, i: string },
    ),
    { u: 'https://b.example.com/x', i: 'x' },
  ),
  created(
    'rule: split, join and sets',
    ruled(
      [
        { rule: 'self.s.split(",").size() == 2', message: 'two parts' },
        { rule: 'sets.contains(["a"], [self.s])', message: 'a set' },
      ],
      { s: string },
    ),
    { s: 'x,y,z' },
  ),
  created(
    'rule: int-or-string',
    ruled([{ rule: 'type(self.p) == string ? self.p == "50%" : self.p < 10', message: 'half or few' }], {
      p: { 'x-kubernetes-int-or-string': true },
    }),
    { p: 20 },
  ),
  created(
    'rule: an error while it runs',
    ruled([{ rule: 'self.l[5] == "x"', message: 'the sixth' }], { l: { type: 'array', items: string } }),
    { l: ['a'] },
  ),
  created('rule: division by zero', ruled([{ rule: '10 / self.a > 1' }], { a: integer }), { a: 0 }),
  created('rule: fulfilled', ruled([{ rule: 'self.a <= self.b' }], { a: integer, b: integer }), { a: 1, b: 2 }),
  created('rule: not asked where types are wrong', ruled([{ rule: 'self.a <= 2' }], { a: integer }), { a: 'x' }),
  created(
    'rule: optionalOldSelf',
    ruled([{ rule: '!oldSelf.hasValue() || self.a > oldSelf.value().a', optionalOldSelf: true, message: 'grows' }], {
      a: integer,
    }),
    { a: 1 },
  ),
  transition(
    'rule: oldSelf, immutable',
    object({ a: { ...string, 'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'cannot change' }] } }),
    { a: 'x' },
    { a: 'y' },
  ),
  transition(
    'rule: oldSelf, growing',
    ruled([{ rule: 'self.a >= oldSelf.a', message: 'only grows' }], { a: integer }),
    { a: 2 },
    { a: 1 },
  ),
  transition(
    'rule: oldSelf, kept',
    ruled([{ rule: 'self.a >= oldSelf.a', message: 'only grows' }], { a: integer }),
    { a: 2 },
    { a: 3 },
  ),
  transition(
    'rule: oldSelf in a list map',
    object({
      l: {
        type: 'array',
        maxItems: 9,
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['k'],
        items: object(
          {
            k: { ...string, maxLength: 9 },
            v: { ...string, maxLength: 9, 'x-kubernetes-validations': [{ rule: 'self == oldSelf' }] },
          },
          { required: ['k'] },
        ),
      },
    }),
    { l: [{ k: 'a', v: '1' }] },
    {
      l: [
        { k: 'b', v: '9' },
        { k: 'a', v: '2' },
      ],
    },
  ),
  transition(
    'rule: oldSelf of a new field',
    object({ a: { ...string, 'x-kubernetes-validations': [{ rule: 'self == oldSelf' }] }, b: string }),
    { b: 'x' },
    { a: 'y' },
  ),
]

const scaled = {
  subresources: {
    status: {},
    scale: {
      specReplicasPath: '.spec.replicas',
      statusReplicasPath: '.status.replicas',
      labelSelectorPath: '.status.selector',
    },
  },
}
const counted = object({ replicas: integer, a: string })
const subresources: Case[] = [
  ask(
    'update',
    'custom resource/status',
    'only the status changes',
    ...defined(counted, scaled),
    first(post(things, thing({ a: 'x' }, {}, { status: { s: 1 } }))),
    patch('merge', `${things}/a/status`, { spec: { a: 'y' }, metadata: { labels: { l: 'm' } }, status: { s: 2 } }),
  ),
  ask(
    'create',
    'custom resource',
    'status is dropped where it is a subresource',
    ...defined(counted, scaled),
    post(things, thing({ a: 'x' }, {}, { status: { s: 1 } })),
  ),
  ask(
    'create',
    'custom resource',
    'status is kept where it is none',
    ...defined(counted),
    post(things, thing({ a: 'x' }, {}, { status: { s: 1 } })),
  ),
  ask(
    'get',
    'custom resource/status',
    'not found where it is none',
    ...defined(counted),
    first(post(things, thing({}))),
    get(`${things}/a/status`),
  ),
  ask(
    'get',
    'custom resource/scale',
    'replicas and selector',
    ...defined(counted, scaled),
    first(post(things, thing({ replicas: 3 }))),
    first(patch('merge', `${things}/a/status`, { status: { replicas: 2, selector: 'app=a' } })),
    get(`${things}/a/scale`),
  ),
  ask(
    'get',
    'custom resource/scale',
    'without replicas',
    ...defined(counted, scaled),
    first(post(things, thing({}))),
    get(`${things}/a/scale`),
  ),
  ask(
    'update',
    'custom resource/scale',
    'sets the replicas',
    ...defined(counted, scaled),
    first(post(things, thing({ replicas: 3 }))),
    patch('merge', `${things}/a/scale`, { spec: { replicas: 7 } }),
    get(`${things}/a`),
  ),
  ask(
    'update',
    'custom resource/scale',
    'negative replicas',
    ...defined(counted, scaled),
    first(post(things, thing({ replicas: 3 }))),
    patch('merge', `${things}/a/scale`, { spec: { replicas: -7 } }),
  ),
  ask(
    'patch',
    'custom resource',
    'strategic merge is refused',
    ...defined(anything),
    first(post(things, thing({}))),
    patch('strategic', `${things}/a`, { spec: { a: 1 } }),
  ),
  ask(
    'patch',
    'custom resource',
    'JSON patch',
    ...defined(anything),
    first(post(things, thing({ l: [1] }))),
    patch('json', `${things}/a`, [{ op: 'add', path: '/spec/l/-', value: 2 }]),
  ),
  ask(
    'apply',
    'custom resource',
    'creates',
    ...defined(object({ a: string, o: object({ b: string }) })),
    patch('apply', `${things}/a?fieldManager=one`, thing({ a: 'x', o: { b: 'y' } }), { managed: true }),
  ),
  ask(
    'apply',
    'custom resource',
    'conflict',
    ...defined(object({ a: string })),
    first(patch('apply', `${things}/a?fieldManager=one`, thing({ a: 'x' }))),
    patch('apply', `${things}/a?fieldManager=two`, thing({ a: 'y' })),
  ),
  ask(
    'apply',
    'custom resource',
    'lists are atomic unless told',
    ...defined(object({ l: { type: 'array', items: string } })),
    first(patch('apply', `${things}/a?fieldManager=one`, thing({ l: ['x'] }))),
    patch('apply', `${things}/a?fieldManager=two&force=true`, thing({ l: ['y'] }), { managed: true }),
  ),
  ask(
    'apply',
    'custom resource',
    'list map by its keys',
    ...defined(
      object({
        l: {
          type: 'array',
          items: object({ k: string, v: string }, { required: ['k'] }),
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['k'],
        },
      }),
    ),
    first(patch('apply', `${things}/a?fieldManager=one`, thing({ l: [{ k: 'x', v: '1' }] }))),
    patch('apply', `${things}/a?fieldManager=two`, thing({ l: [{ k: 'y', v: '2' }] }), { managed: true }),
  ),
  ask(
    'apply',
    'custom resource',
    'an atomic map',
    ...defined(object({ m: { type: 'object', additionalProperties: string, 'x-kubernetes-map-type': 'atomic' } })),
    first(patch('apply', `${things}/a?fieldManager=one`, thing({ m: { a: '1' } }))),
    patch('apply', `${things}/a?fieldManager=two`, thing({ m: { b: '2' } })),
  ),
  ask(
    'apply',
    'custom resource',
    'unknown fields kept',
    ...defined(anything),
    patch('apply', `${things}/a?fieldManager=one`, thing({ x: { y: [1] } }), { managed: true }),
  ),
  ask(
    'watch',
    'custom resource',
    'added, modified, deleted',
    ...defined(anything),
    post(things, thing({}, { name: 'z' })),
    first(post(things, thing({}))),
    first(patch('merge', `${things}/a`, { spec: { x: 1 } })),
    first(del(`${things}/a`)),
    watch(`${things}?resourceVersion={2.metadata.resourceVersion}`, 3),
  ),
  ask(
    'list',
    'custom resource',
    'as a table',
    ...defined(anything),
    first(post(things, thing({}))),
    get(things, { headers: TABLE, drop: ['description'] }),
  ),
  ask(
    'list',
    'custom resource',
    'a table with columns of its own',
    ...defined(anything, {
      additionalPrinterColumns: [
        { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
        { name: 'Kind', type: 'string', jsonPath: '.spec.kind', priority: 1, description: 'd' },
        { name: 'Since', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        { name: 'Ready', type: 'string', jsonPath: '.spec.conditions[?(@.type=="Ready")].status' },
        { name: 'Wrong', type: 'integer', jsonPath: '.spec.kind' },
      ],
    }),
    first(
      post(
        things,
        thing({
          size: 3,
          kind: 'k',
          conditions: [
            { type: 'Other', status: 'x' },
            { type: 'Ready', status: 'True' },
          ],
        }),
      ),
    ),
    get(things, { headers: TABLE }),
  ),
  ask(
    'get',
    'custom resource',
    'as partial metadata',
    ...defined(anything),
    first(post(things, thing({}))),
    get(`${things}/a`, { headers: PARTIAL }),
  ),
  ask(
    'list',
    'custom resource',
    'selectable fields',
    ...defined(object({ color: string }), { selectableFields: [{ jsonPath: '.spec.color' }] }),
    first(post(things, thing({ color: 'red' }))),
    first(post(things, thing({ color: 'blue' }, { name: 'b' }))),
    get(`${things}?fieldSelector=spec.color%3Dblue`),
  ),
  ask(
    'list',
    'custom resource',
    'a field that is not selectable',
    ...defined(object({ color: string })),
    get(`${things}?fieldSelector=spec.color%3Dblue`),
  ),
  ask(
    'delete',
    'custom resource',
    'the answer',
    ...defined(anything),
    first(post(things, thing({}))),
    del(`${things}/a`),
    get(`${things}/a`),
  ),
  ask(
    'delete',
    'custom resource',
    'with a finalizer',
    ...defined(anything),
    first(post(things, thing({}, { finalizers: ['e.com/f'] }))),
    del(`${things}/a`),
  ),
  ask(
    'deletecollection',
    'custom resource',
    'the answer',
    ...defined(anything),
    first(post(things, thing({}))),
    del(things),
  ),
  ask(
    'get',
    'custom resource group',
    'discovery',
    ...defined(anything, scaled, {
      names: { plural: 'things', kind: 'Thing', shortNames: ['th'], categories: ['all'] },
    }),
    get('/apis/{id}.example.com/v1', { until: { status: 200 }, drop: ['storageVersionHash'] }),
    get('/apis/{id}.example.com'),
  ),
  ask(
    'get',
    'custom resource group',
    'openapi v3 schema',
    ...defined(
      object({
        a: { ...string, description: 'what it is', default: 'x' },
        l: { type: 'array', items: string, 'x-kubernetes-list-type': 'set' },
      }),
    ),
    get('/openapi/v3/apis/{id}.example.com/v1', {
      until: { at: 'components/schemas/com.example.{id}.v1.Thing/type', is: 'object' },
      pick: ['components/schemas/com.example.{id}.v1.Thing'],
    }),
  ),
]

const conversion = {
  strategy: 'Webhook',
  webhook: { conversionReviewVersions: ['v1'], clientConfig: { url: '{webhook}/convert', caBundle: '{ca}' } },
}
const versions = (...names: string[]) =>
  names.map((name, index) => version(object({ spec: anything, status: anything }), { name, storage: index === 0 }))
const things2 = things.replace('/v1/', '/v2/')
const bothServed: Step[] = [
  first(get(things, { until: SERVED, drop: ['metadata'] })),
  first(get(things2, { until: SERVED, drop: ['metadata'] })),
]
const converted: Step[] = [first(post(crds, definition(versions('v1', 'v2'), { conversion }))), ...bothServed]
const conversions: Case[] = [
  ask(
    'get',
    'custom resource',
    'another version without conversion',
    first(post(crds, definition(versions('v1', 'v2')))),
    ...bothServed,
    first(post(things, thing({ a: 1 }))),
    get(`${things2}/a`),
  ),
  ask(
    'get',
    'custom resource',
    'converted by webhook',
    ...converted,
    first(post(things, thing({ size: 3, x: 'y' }))),
    get(`${things2}/a`),
  ),
  ask(
    'create',
    'custom resource',
    'converted by webhook',
    ...converted,
    post(things2, { ...thing({ dimensions: { size: 4 } }), apiVersion: '{id}.example.com/v2' }),
    get(`${things}/a`),
  ),
  ask(
    'list',
    'custom resource',
    'converted by webhook',
    ...converted,
    first(post(things, thing({ size: 3 }))),
    first(post(things2, { ...thing({ dimensions: { size: 4 } }, { name: 'b' }), apiVersion: '{id}.example.com/v2' })),
    get(things2),
  ),
  ask(
    'patch',
    'custom resource',
    'converted by webhook',
    ...converted,
    first(post(things, thing({ size: 3 }))),
    patch('merge', `${things2}/a`, { spec: { dimensions: { size: 8 } } }),
    get(`${things}/a`),
  ),
  ask(
    'watch',
    'custom resource',
    'converted by webhook',
    ...converted,
    post(things, thing({ size: 1 })),
    first(post(things, thing({ size: 2 }, { name: 'b' }))),
    watch(`${things2}?resourceVersion={3.metadata.resourceVersion}`, 1),
  ),
  ask(
    'get',
    'custom resource',
    'a conversion that fails',
    ...converted,
    first(post(things, thing({ size: 1 }, { name: 'stubborn' }))),
    get(`${things2}/stubborn`),
  ),
  ask(
    'get',
    'custom resource',
    'a conversion webhook that is not there',
    first(
      post(
        crds,
        definition(versions('v1', 'v2'), {
          conversion: {
            strategy: 'Webhook',
            webhook: {
              conversionReviewVersions: ['v1'],
              clientConfig: { url: 'https://127.0.0.1:1/convert', caBundle: '{ca}' },
            },
          },
        }),
      ),
    ),
    ...bothServed,
    first(post(things, thing({ size: 1 }))),
    get(`${things2}/a`),
  ),
  ask(
    'create',
    'cluster custom resource',
    'without a namespace',
    first(post(crds, definition([version(object({ spec: anything }))], { scope: 'Cluster' }))),
    first(get('/apis/{id}.example.com/v1/things', { until: SERVED, drop: ['metadata'] })),
    post('/apis/{id}.example.com/v1/things', thing({})),
    get('/apis/{id}.example.com/v1/things/a'),
  ),
  ask(
    'create',
    'cluster custom resource',
    'with a namespace',
    first(post(crds, definition([version(object({ spec: anything }))], { scope: 'Cluster' }))),
    first(get('/apis/{id}.example.com/v1/things', { until: SERVED, drop: ['metadata'] })),
    post(things, thing({})),
  ),
]

export const customResources: readonly Case[] = [
  ...definitions,
  ...validation,
  ...pruning,
  ...rules,
  ...subresources,
  ...conversions,
]
