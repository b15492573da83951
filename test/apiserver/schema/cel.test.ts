import { expect, test } from 'vitest'
import { describeFieldError } from '../../../runtime/apiserver/field-error.ts'
import { validateRules } from '../../../runtime/apiserver/schema/cel.ts'
import type { Schema, ValidationRule } from '../../../runtime/apiserver/schema/schema.ts'

const STRING: Schema = { type: 'string' }
const PROPERTIES: Readonly<Record<string, Schema>> = {
  size: { type: 'integer' },
  ratio: { type: 'number' },
  name: STRING,
  names: { type: 'array', items: STRING },
  labels: { type: 'object', additionalProperties: STRING },
  port: { 'x-kubernetes-int-or-string': true },
  when: { ...STRING, format: 'date-time' },
  wait: { ...STRING, format: 'duration' },
  data: { ...STRING, format: 'byte' },
  'dash-ed': { type: 'integer' },
  namespace: STRING,
  nothing: { type: 'integer', nullable: true },
  items: { type: 'array', items: { type: 'object', properties: { name: STRING } } },
}
const SPEC = {
  size: 5,
  ratio: 2,
  names: ['a', 'b'],
  labels: { x: 'y' },
  port: 'http',
  when: '2019-01-01T00:00:00Z',
  wait: '30m',
  data: 'YQ==',
  'dash-ed': 1,
  namespace: 'q',
  nothing: null,
  items: [{ name: 'a' }],
}

function check(rule: ValidationRule, spec: object = SPEC, old?: object): string[] {
  const schema: Schema = {
    type: 'object',
    properties: { spec: { type: 'object', properties: PROPERTIES, 'x-kubernetes-validations': [rule] } },
  }
  return validateRules(schema, { spec }, old && { spec: old }).map(
    (error) => `${error.field}: ${describeFieldError(error)}`,
  )
}

test.each([
  'self.size / 2 == 2 && self.ratio / 4.0 == 0.5',
  'self.dash__dash__ed == 1 && self.__namespace__ == "q"',
  '!has(self.name) && !has(self.nothing) && has(self.names)',
  'self.?name.orValue("none") == "none"',
  'type(self.port) == string ? self.port == "http" : self.port == 80',
  'self.when < timestamp("2020-01-01T00:00:00Z") && self.wait < duration("1h")',
  'self.data == b"a"',
  'self.labels.all(k, self.labels[k] == "y")',
  'self.names.all(i, n, i < 2 && n != "")',
  'self.labels.transformList(k, v, k + v) == ["xy"]',
  'self.items == [self.items[0]] && self == self',
  'quantity("1Gi").isGreaterThan(quantity("1G")) && !isQuantity("1X")',
  'quantity("50k").add(quantity("20k")).compareTo(quantity("70000")) == 0',
  'url("https://example.com:8080/a?x=1").getHost() == "example.com:8080" && !isURL("example")',
  'ip("::1").isLoopback() && ip("10.0.0.1").family() == 4 && !isIP("1.2.3")',
  'cidr("10.0.0.0/8").containsIP("10.1.1.1") && cidr("10.1.0.0/8").masked() == cidr("10.0.0.0/8")',
  '"abc 123".find("[0-9]+") == "123" && "a1b2".findAll("[0-9]") == ["1", "2"]',
  '[1, 2, 3].sum() == 6 && [2, 1].sort() == [1, 2] && self.names.isSorted() && [1, 3].max() == 3',
  'sets.contains(self.names, ["a"]) && sets.intersects([1], [1, 2]) && !sets.equivalent([1], [2])',
  'format.dns1123Label().validate("A").hasValue() && !format.named("uuid").value().validate("00000000-0000-0000-0000-000000000000").hasValue()',
  'semver("1.2.3").isLessThan(semver("1.10.0")) && isSemver("v1.2", true)',
  '"%s has %d".format(["a", 2]) == "a has 2" && "a-b".replace("-", "+") == "a+b"',
])('validateRules() knows what kube-apiserver knows: %s', (rule) => {
  expect(check({ rule })).toEqual([])
})

test('validateRules() tells a broken rule by its message, its expression for one, or itself, at its path and for its reason', () => {
  expect(check({ rule: 'self.size > 5' })).toEqual(['spec: Invalid value: failed rule: self.size > 5'])
  expect(check({ rule: 'false', message: 'no', reason: 'FieldValueForbidden', fieldPath: '.size' })).toEqual([
    'spec.size: Forbidden: no',
  ])
  expect(check({ rule: 'false', message: 'no', messageExpression: '"size " + string(self.size)' })).toEqual([
    'spec: Invalid value: size 5',
  ])
  expect(check({ rule: 'false', message: 'no', messageExpression: 'self.names[7]' })).toEqual([
    'spec: Invalid value: no',
  ])
  expect(check({ rule: 'false', fieldPath: ".labels['a.b']" })).toEqual([
    'spec.labels[a.b]: Invalid value: failed rule: false',
  ])
})

test('validateRules() tells why a rule cannot be evaluated', () => {
  expect(check({ rule: 'self.name == "a"' })).toEqual([
    'spec: Invalid value: "object": no such key: name evaluating rule: self.name == "a"',
  ])
  expect(check({ rule: 'self.names[7] == "a"' })).toEqual([
    'spec: Invalid value: "object": index out of bounds: 7 evaluating rule: self.names[7] == "a"',
  ])
  expect(check({ rule: '1 / (self.size - 5) > 0' })).toEqual([
    'spec: Invalid value: "object": division by zero evaluating rule: 1 / (self.size - 5) > 0',
  ])
})

test('validateRules() runs rules with oldSelf only where there was something, and optional ones always', () => {
  const immutable = { rule: 'self.size == oldSelf.size' }
  expect(check(immutable)).toEqual([])
  expect(check(immutable, SPEC, { ...SPEC, size: 4 })).toHaveLength(1)
  const optional = { rule: 'oldSelf.hasValue() ? true : self.size == 1', optionalOldSelf: true }
  expect(check(optional)).toHaveLength(1)
  expect(check(optional, SPEC, SPEC)).toEqual([])
})

test('validateRules() forgives a broken rule where nothing changed, unless it compares with the old', () => {
  expect(check({ rule: 'self.size > 5' }, SPEC, structuredClone(SPEC))).toEqual([])
  expect(check({ rule: 'self.size > 5' }, SPEC, { ...SPEC, ratio: 3 })).toHaveLength(1)
  expect(check({ rule: 'self.size > oldSelf.size' }, SPEC, structuredClone(SPEC))).toHaveLength(1)
})

/** As kube-apiserver 1.36 answers; asked of it. */
test.each([
  ["'%s'.format([self.names])", '["a", "b"]'],
  ["'%s'.format([self.items])", '[{"name":"a"}]'],
  ["'%s'.format([{'b': [2.5, null], 'a': true}])", '{"a":true, "b":[2.500000, null]}'],
  ["'%s'.format([type(1)])", 'int'],
  ["'%s'.format([1.0 / 0.0])", '+Inf'],
  ["'%.3e'.format([31415.9])", '3.141590×10⁰⁴'],
  ["'%d'.format([sign(quantity('-1'))])", '-1'],
  ["'%d'.format([[1u, 2u].sum()])", '3'],
])('The message expression %s makes "%s"', (messageExpression, message) => {
  expect(check({ rule: 'false', messageExpression })).toEqual([expect.stringContaining(message)])
})

test.each([
  ["self.name.matches('(?=a)')", 'invalid matches argument'],
  ["self.name.matches('a{2000}')", 'invalid matches argument'],
  ["duration('x') == duration('1s')", 'invalid duration argument'],
  ["timestamp('x') == timestamp('2020-01-01T00:00:00Z')", 'invalid timestamp argument'],
  ["self.name.reverse() == ''", "found no matching overload for 'reverse'"],
])('The rule %s does not compile: %s', (rule, message) => {
  expect(check({ rule })).toEqual([expect.stringContaining(message)])
})

test.each([
  "'Ä'.matches('(?i)ä')",
  "['b'].all(x, x.matches('(?i)B'))",
  "'abc'.matches('^[[:alpha:]]+$')",
  "'abc'.matches('\\\\Aa')",
  "'é'.matches('^\\\\pL$')",
])("In rules patterns are Go's: %s", (rule) => {
  expect(check({ rule })).toEqual([])
})

test('A call of matches() that has no such overload is told by its own name', () => {
  expect(check({ rule: 'self.name.matches(1)' })).toEqual([
    expect.stringContaining("found no matching overload for 'matches' applied to 'string.(int)'"),
  ])
})
