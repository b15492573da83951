import { expect, test } from 'vitest'
import { createDiscovery } from '../../../runtime/apiserver/discovery/discovery.ts'
import { createBuiltInRegistry } from '../../../runtime/apiserver/kinds/load.ts'
import { customResource } from './custom-resource.ts'

type Json = Record<string, unknown>

function served() {
  const registry = createBuiltInRegistry()
  registry.set([customResource('example.com', 'v1')])
  const discovery = createDiscovery({ registry, serverAddress: () => '127.0.0.1:6443' })
  const ask = (url: string, accept?: string, ifNoneMatch?: string) => {
    const { pathname: path, searchParams: query } = new URL(url, 'http://x')
    return discovery.answer({ method: 'GET', path, query, accept, ifNoneMatch })
  }
  const index = () => {
    const { paths } = JSON.parse(String(ask('/openapi/v3').body)) as {
      paths: Record<string, { serverRelativeURL: string }>
    }
    return new Map(Object.entries(paths).map(([path, { serverRelativeURL }]) => [path, serverRelativeURL]))
  }
  const document = (path: string) =>
    JSON.parse(String(ask(path).body)) as { paths: Record<string, Json>; [field: string]: unknown }
  return { registry, ask, index, document }
}

/** Every `$ref` of a document, once. */
function referencesIn(value: unknown, found = new Set<string>()): Set<string> {
  if (typeof value !== 'object' || value === null) return found
  const { $ref } = value as { $ref?: unknown }
  if (typeof $ref === 'string') found.add($ref)
  for (const each of Object.values(value)) referencesIn(each, found)
  return found
}

function resolvesIn(document: unknown, reference: string): boolean {
  const keys = reference.replace('#/', '').split('/')
  return keys.reduce<unknown>((value, key) => (value as Json | undefined)?.[key], document) !== undefined
}

test('/openapi/v3 lists a document for every group version, under the hash of what it holds', () => {
  const { ask, index } = served()
  expect([...index().keys()]).toContain('api/v1')
  expect([...index().keys()]).toContain('apis/example.com/v1')
  const url = index().get('apis/apps/v1') as string
  expect(ask(url)).toMatchObject({ code: 200, headers: { 'cache-control': 'public, immutable' } })
  expect(ask(`${url.split('?')[0]}?hash=OLD`)).toMatchObject({ code: 301, headers: { location: url } })
  expect(ask('/openapi/v3/apis/nothing/v1')).toMatchObject({ code: 404, body: '' })
  expect(ask(url, 'text/html')).toMatchObject({ code: 406, body: '' })
})

test('an OpenAPI document is made anew only when its own group changes', () => {
  const { registry, index } = served()
  const before = index()
  registry.set([customResource('example.com', 'v2')])
  const after = index()
  for (const [path, url] of before) expect(after.get(path)).toBe(url)
  const { schema: _without, ...changed } = customResource('example.com', 'v1')
  registry.set([{ ...changed, schema: { type: 'object' } }])
  expect(index().get('apis/example.com/v1')).not.toBe(before.get('apis/example.com/v1'))
  expect(index().get('apis/apps/v1')).toBe(before.get('apis/apps/v1'))
})

test('every reference of every OpenAPI document leads somewhere', () => {
  const { index, document } = served()
  for (const url of [...index().values(), '/openapi/v2']) {
    const whole = document(url)
    for (const reference of referencesIn(whole)) expect(resolvesIn(whole, reference), `${url} ${reference}`).toBe(true)
  }
})

test('an OpenAPI v3 document tells kubectl that PATCH takes dryRun and fieldValidation', () => {
  const { document } = served()
  const { paths } = document('/openapi/v3/apis/apps/v1')
  const { patch } = paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}'] as {
    patch: { parameters: { name: string }[]; [field: string]: unknown }
  }
  expect(patch['x-kubernetes-group-version-kind']).toEqual({ group: 'apps', version: 'v1', kind: 'Deployment' })
  const names = patch.parameters.map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining(['dryRun', 'fieldValidation', 'fieldManager', 'force']))
})

test('an OpenAPI v3 document describes custom resources in the words of their definition', () => {
  const { document } = served()
  const { info, components } = document('/openapi/v3/apis/example.com/v1') as {
    info?: unknown
    components?: { schemas: Record<string, Json> }
  }
  expect(info).toEqual({ title: 'Kubernetes CRD Swagger', version: 'v0.1.0' })
  expect(components?.schemas['com.example.v1.Demo']).toMatchObject({
    description: 'A demo of a thing',
    properties: {
      metadata: { allOf: [{ $ref: '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' }] },
      spec: {
        description: 'What is wanted',
        properties: {
          text: { description: 'Some text', default: 'hi' },
          port: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] },
        },
      },
    },
    'x-kubernetes-group-version-kind': [{ group: 'example.com', version: 'v1', kind: 'Demo' }],
  })
  expect(components?.schemas).toHaveProperty(['io.k8s.api.autoscaling.v1.Scale'])
})

test('a definition with a property named $ref keeps it as a property', () => {
  const { document } = served()
  const { components } = document('/openapi/v3/apis/apiextensions.k8s.io/v1') as {
    components?: { schemas: Record<string, { properties: Json }> }
  }
  const props = components?.schemas['io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps']
  expect(props?.properties.$ref).toEqual({ type: 'string' })
})

test('/openapi/v2 has all kinds in one document, in protobuf too', () => {
  const { ask, document } = served()
  const { swagger, definitions } = document('/openapi/v2') as { swagger?: unknown; definitions?: Record<string, Json> }
  expect(swagger).toBe('2.0')
  expect(definitions).toHaveProperty(['io.k8s.api.core.v1.Pod'])
  expect(definitions).toHaveProperty(['com.example.v1.Demo'])
  expect(definitions?.['io.k8s.apimachinery.pkg.util.intstr.IntOrString']).toEqual({
    type: 'string',
    format: 'int-or-string',
  })
  expect(definitions?.['io.k8s.apimachinery.pkg.api.resource.Quantity']).toEqual({ type: 'string' })
  const { etag = '' } = ask('/openapi/v2').headers
  expect(ask('/openapi/v2', undefined, etag).code).toBe(304)
  const { code, headers, body } = ask('/openapi/v2', 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf')
  expect(code).toBe(200)
  expect(headers['content-type']).toBe('application/com.github.proto-openapi.spec.v2.v1.0+protobuf')
  // Field 1, the version; field 2, which begins with the title; and a kind's name.
  const text = String(body)
  expect(text.slice(0, 5)).toBe('\n\x032.0')
  expect(text.slice(7)).toMatch(/^\n\nKubernetes/)
  expect(text).toContain('io.k8s.api.core.v1.Pod')
  expect(ask('/openapi/v2', 'application/vnd.kubernetes.protobuf').code).toBe(406)
})
