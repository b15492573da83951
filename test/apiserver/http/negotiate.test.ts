import { expect, test } from 'vitest'
import { negotiate } from '../../../runtime/apiserver/http/negotiate.ts'

test.each([
  [undefined, 'json', undefined],
  ['*/*', 'json', undefined],
  ['application/vnd.kubernetes.protobuf, application/json', 'json', undefined],
  ['application/yaml', 'yaml', undefined],
  ['application/json;as=Table;v=v1;g=meta.k8s.io,application/json', 'json', 'Table'],
  ['application/json;as=Table;v=v9;g=meta.k8s.io,application/json', 'json', undefined],
  ['application/yaml;q=0.5, application/json', 'json', undefined],
  ['application/json;as=Table;v=v1;g=meta.k8s.io;q=0.1, application/json', 'json', undefined],
  ['application/json;q=0, application/yaml;q=0', 'json', undefined],
  ['application/json;q=x, application/yaml;q=0.9', 'yaml', undefined],
])('negotiate() of %j answers what is preferred of what can be had', (accept, format, as) => {
  expect(negotiate(accept)).toMatchObject({ format, as })
})

test('negotiate() of what cannot be had is a 406', () => {
  expect(() => negotiate('text/plain')).toThrow(/^406: Not Acceptable/)
})
