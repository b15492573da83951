import { expect, test } from 'vitest'
import type { Definition } from '../../../runtime/apiserver/crd/definition.ts'
import { createDefinitionStrategy } from '../../../runtime/apiserver/crd/definition-strategy.ts'
import { describeFieldError } from '../../../runtime/apiserver/field-error.ts'
import type { ApiObject } from '../../../runtime/apiserver/json.ts'

const strategy = createDefinitionStrategy(() => new Date(0))
const SCHEMA = 'spec.validation.openAPIV3Schema'

function check(schema: object, version: object = {}, spec: object = {}): string[] {
  const object: ApiObject = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'demos.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'demos', kind: 'Demo' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema }, ...version }],
      ...spec,
    },
  }
  strategy.applyDefaults?.(object)
  strategy.prepareForCreate?.(object, 0)
  return (strategy.validate?.(object) ?? []).map((error) => `${error.field}: ${describeFieldError(error)}`)
}

const withSpec = (spec: object) => ({ type: 'object', properties: { spec } })

/** As kube-apiserver 1.36 answers; asked of it. */
test.each<readonly [string, string[], readonly string[]]>([
  ['a sound definition', check(withSpec({ type: 'object' })), []],
  [
    'a field without a type',
    check(withSpec({})),
    [`${SCHEMA}.properties[spec].type: Required value: must not be empty for specified object fields`],
  ],
  [
    'a list without items',
    check(withSpec({ type: 'array' })),
    [`${SCHEMA}.properties[spec].items: Required value: must be specified`],
  ],
  [
    'a type inside anyOf',
    check(withSpec({ type: 'integer', anyOf: [{ type: 'string' }] })),
    [`${SCHEMA}.properties[spec].anyOf[0].type: Forbidden: must be empty to be structural`],
  ],
  [
    'properties together with additionalProperties',
    check(
      withSpec({ type: 'object', properties: { a: { type: 'string' } }, additionalProperties: { type: 'string' } }),
    ),
    [
      `${SCHEMA}.properties[spec].additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive`,
    ],
  ],
  [
    'a rule that names an unknown field',
    check(withSpec({ type: 'object', 'x-kubernetes-validations': [{ rule: 'self.foo > 1' }] })),
    [
      `${SCHEMA}.properties[spec].x-kubernetes-validations[0].rule: Invalid value: {"Rule":"self.foo \\u003e 1","Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}: compilation failed: ERROR: <input>:1:5: undefined field 'foo'\n | self.foo > 1\n | ....^`,
    ],
  ],
  [
    'a scale path outside of spec',
    check(withSpec({ type: 'object' }), {
      subresources: { scale: { specReplicasPath: '.a.b', statusReplicasPath: '.status.r' } },
    }),
    ['spec.subresources.scale.specReplicasPath: Invalid value: ".a.b": should be a json path under .spec'],
  ],
  ['no schema', check({}, { schema: undefined }), ['spec.versions[0].schema.openAPIV3Schema: Required value']],
  [
    'a protected group',
    check({ type: 'object' }, {}, { group: 'example.k8s.io' }),
    [
      'metadata.name: Invalid value: "demos.example.com": must be spec.names.plural+"."+spec.group',
      'metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111',
    ],
  ],
])('validateDefinition() of %s', (_, messages, expected) => {
  expect(messages).toEqual(expected)
})

test('validateDefinitionUpdate() keeps scope and kind once established, and stored versions until they are migrated', () => {
  const spec: Definition['spec'] = {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'demos', kind: 'Demo', singular: 'demo', listKind: 'DemoList' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  }
  const established = { type: 'Established', status: 'True', reason: '', message: '', lastTransitionTime: '' } as const
  const old: Definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'demos.example.com' },
    spec,
    status: { conditions: [established], acceptedNames: spec.names, storedVersions: ['v0', 'v1'] },
  }
  const errors = strategy.validateUpdate?.({ ...old, spec: { ...spec, scope: 'Cluster' } }, old) ?? []
  expect(errors.map(({ field, reason }) => `${field} ${reason}`)).toEqual([
    'status.storedVersions[0] FieldValueInvalid',
    'spec.scope FieldValueInvalid',
  ])
})

test('A default is told each fault: unknown fields, its type, and the rules as of something new', () => {
  expect(check(withSpec({ type: 'string', default: { a: 1 } }))).toEqual([
    expect.stringContaining('must not have unknown fields'),
    expect.stringContaining('must be of type string'),
  ])
  const rules = [{ rule: 'oldSelf.hasValue()', optionalOldSelf: true }]
  const spec = { type: 'string', maxLength: 5, default: 'a', 'x-kubernetes-validations': rules }
  expect(check(withSpec(spec))).toEqual([expect.stringContaining('failed rule: oldSelf.hasValue()')])
  expect(check(withSpec({ type: 'string', default: null }))).toEqual([])
})

test('A format that nothing is held to is warned of, once it comes', () => {
  const definition = (format: string) =>
    ({
      spec: { versions: [{ name: 'v1', schema: { openAPIV3Schema: withSpec({ type: 'number', format }) } }] },
    }) as never
  expect(strategy.warningsOf?.(definition('int32'), undefined)).toEqual(['unrecognized format "int32"'])
  expect(strategy.warningsOf?.(definition('int32'), definition('int32'))).toEqual([])
  expect(strategy.warningsOf?.(definition('double'), undefined)).toEqual([])
})
