import type { FieldError } from '../../field-error.ts'
import type { JsonObject } from '../../json.ts'
import { checkOneOf, duplicate } from './field-errors.ts'
import { eachObject, optionalObjectIn, textIn, textsIn } from './json-parts.ts'
import { checkLabelSelector } from './label-selector-validation.ts'
import { checkName, pathName } from './names.ts'
import { ruleFaults } from './webhook-rule-validation.ts'

/** Which requests a policy or its binding is for. source: pkg/apis/admissionregistration/validation validateMatchResources */
export function matchResourcesFaults(resources: JsonObject, field: string): FieldError[] {
  return [
    ...checkOneOf(textIn(resources, 'matchPolicy'), `${field}.matchPolicy`, ['Equivalent', 'Exact']),
    ...['namespaceSelector', 'objectSelector'].flatMap((key) =>
      checkLabelSelector(optionalObjectIn(resources, key), `${field}.${key}`),
    ),
    ...['resourceRules', 'excludeResourceRules'].flatMap((key) => eachObject(resources, key, field, namedRuleFaults)),
  ]
}

function namedRuleFaults(rule: JsonObject, field: string): FieldError[] {
  const names = textsIn(rule, 'resourceNames')
  return [
    ...names.flatMap((name, index) => {
      const path = `${field}.resourceNames[${index}]`
      return [...checkName(name, path, pathName), ...(names.indexOf(name) < index ? [duplicate(path, name)] : [])]
    }),
    ...ruleFaults(rule, field),
  ]
}
