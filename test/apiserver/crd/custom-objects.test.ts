import { expect, test } from 'vitest'
import { type PlainServer, startPlainServer } from '../robustness/plain-server.ts'

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const THINGS = '/apis/test.io/v1/namespaces/default/things'
const APPLY = { contentType: 'application/apply-patch+yaml' }

/** The kind Thing with these properties, and a server that serves it. */
async function serve(properties: object, subresources: object = {}): Promise<PlainServer> {
  const server = await startPlainServer()
  expect(await server.request('POST', DEFINITIONS, definitionOf(properties, subresources))).toMatchObject({
    status: 201,
  })
  return server
}

function definitionOf(properties: object, subresources: object = {}) {
  const schema = { openAPIV3Schema: { type: 'object', properties } }
  return {
    metadata: { name: 'things.test.io' },
    spec: {
      group: 'test.io',
      names: { plural: 'things', kind: 'Thing' },
      scope: 'Namespaced',
      versions: [{ name: 'v1', served: true, storage: true, schema, subresources }],
    },
  }
}

const thing = (more: object, name = 'a') => ({ apiVersion: 'test.io/v1', kind: 'Thing', metadata: { name }, ...more })

test('A definition is read as Go reads it: empty values and unknown fields go, wrong types are refused', async () => {
  const { request, faults } = await startPlainServer()
  const spec = { type: 'string', nullable: false, default: null, enum: [], description: '', foo: 1 }
  const made = await request('POST', `${DEFINITIONS}?dryRun=All`, definitionOf({ spec }))
  expect(made).toMatchObject({ status: 201 })
  const { versions } = (made.body as ReturnType<typeof definitionOf>).spec
  expect(versions[0]?.schema.openAPIV3Schema.properties).toEqual({ spec: { type: 'string' } })
  const { spec: whole, ...rest } = definitionOf({ spec: { type: 'string' } })
  expect(await request('POST', DEFINITIONS, { ...rest, spec: { ...whole, versions: 'x' } })).toMatchObject({
    status: 400,
    body: {
      message: expect.stringContaining(
        'json: cannot unmarshal string into Go struct field CustomResourceDefinitionSpec.spec.versions of type []v1.CustomResourceDefinitionVersion',
      ),
    },
  })
  expect(await request('POST', DEFINITIONS, definitionOf({ spec: { type: 'string', maxLength: 'x' } }))).toMatchObject({
    status: 400,
  })
  expect(faults).toEqual([])
})

test('Metadata of an embedded resource that cannot be read is refused, null is none', async () => {
  const resource = {
    type: 'object',
    'x-kubernetes-embedded-resource': true,
    'x-kubernetes-preserve-unknown-fields': true,
  }
  const { request, faults } = await serve({ spec: resource })
  const pod = (metadata: unknown) => thing({ spec: { apiVersion: 'v1', kind: 'Pod', metadata } })
  expect(await request('POST', THINGS, pod({ name: 1 }))).toMatchObject({
    status: 400,
    body: {
      message:
        'Thing in version "v1" cannot be handled as a Thing: spec.metadata: Invalid value: {"name":1}: json: cannot unmarshal number into Go struct field ObjectMeta.name of type string',
    },
  })
  expect(await request('POST', THINGS, pod(null))).toMatchObject({ status: 201, body: { spec: { metadata: {} } } })
  expect(await request('PATCH', `${THINGS}/a`, { spec: { metadata: { name: 1 } } })).toMatchObject({ status: 422 })
  const applied = `${THINGS}/a?fieldManager=m&force=true`
  expect(await request('PATCH', applied, pod(null), APPLY)).toMatchObject({ body: { spec: { metadata: {} } } })
  expect(await request('PATCH', applied, pod({ junk: 1 }), APPLY)).toMatchObject({
    status: 500,
    body: { message: expect.stringContaining('.spec.metadata.junk: field not declared in schema') },
  })
  expect(faults).toEqual([])
})

test('A null that is applied is refused where a null that is posted goes', async () => {
  const { request } = await serve({ spec: { type: 'number' } })
  expect(await request('PATCH', `${THINGS}/a?fieldManager=m`, thing({ spec: null }), APPLY)).toMatchObject({
    status: 422,
    body: { message: expect.stringContaining('spec in body must be of type number: "null"') },
  })
  expect((await request('POST', THINGS, thing({ spec: null }))).body).not.toHaveProperty('spec')
})

test('A number with an exponent and no point is a number when it is applied', async () => {
  const { request } = await serve({ spec: { type: 'number' } })
  const applied = await request('PATCH', `${THINGS}/a?fieldManager=m`, thing({ spec: 1e-7 }), APPLY)
  expect(applied).toMatchObject({ status: 201, body: { spec: 1e-7 } })
})

test('The answer to a creation shows defaults of a status that is not written', async () => {
  const { request } = await serve({ status: { type: 'string', default: 'new' } }, { status: {} })
  expect(await request('POST', THINGS, thing({ status: 'old' }))).toMatchObject({
    status: 201,
    body: { status: 'new' },
  })
})

test('A scale can be patched where no number of replicas was', async () => {
  const paths = { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' }
  const spec = { type: 'object', properties: { replicas: { type: 'integer' } } }
  const { request } = await serve({ spec }, { scale: paths })
  await request('POST', THINGS, thing({}))
  expect(await request('GET', `${THINGS}/a/scale`)).toMatchObject({ status: 500 })
  const patched = await request('PATCH', `${THINGS}/a/scale`, { spec: { replicas: 3 } })
  expect(patched).toMatchObject({ status: 200, body: { spec: { replicas: 3 } } })
})

test('What is made anew while it goes is told so', async () => {
  const { request } = await serve({ spec: { type: 'string' } })
  await request('POST', THINGS, { ...thing({}), metadata: { name: 'a', finalizers: ['test.io/stay'] } })
  await request('DELETE', `${THINGS}/a`)
  expect(await request('POST', THINGS, thing({}))).toMatchObject({
    status: 409,
    body: { message: 'object is being deleted: things.test.io "a" already exists' },
  })
})
