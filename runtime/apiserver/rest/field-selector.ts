import type { ApiObject } from '../json.ts'
import type { ApiResource } from '../kinds/api-resource.ts'
import { badRequest } from '../status.ts'

/** One term of a field selector. */
export interface FieldRequirement {
  readonly field: string
  readonly value: string
  readonly isEqual: boolean
}

const META_FIELDS = ['metadata.name', 'metadata.namespace']

/** Reads `metadata.name=a,status.phase!=Running`. errors: ApiError 400 with kube-apiserver's words */
export function parseFieldSelector(text: string, resource: ApiResource): FieldRequirement[] {
  const requirements = parseTerms(text)
  // Of nothing: as if it were not there.
  const named = requirements.filter(({ field, value }) => field !== '' || value !== '')
  for (const { field } of named) assertKnown(field, resource)
  return named
}

/** The terms of a selector, whatever fields they name. errors: ApiError 400 */
export function parseTerms(text: string): FieldRequirement[] {
  return splitTerms(text).map((term) => parseTerm(term, text))
}

export function matchesField(
  { field, value, isEqual }: FieldRequirement,
  name: string,
  namespace: string,
  resource: ApiResource,
  object: () => ApiObject,
): boolean {
  const actual =
    field === 'metadata.name'
      ? name
      : field === 'metadata.namespace'
        ? namespace
        : (resource.selectableFields[field]?.(object()) ?? '')
  return (actual === value) === isEqual
}

/** Commas and equals signs in values are escaped by backslashes. */
function splitTerms(text: string): string[] {
  return (text.match(/(?:\\.|[^,\\]|\\$)+/g) ?? []).filter((term) => term !== '')
}

function parseTerm(term: string, text: string): FieldRequirement {
  const match = /^(.*?)(!=|==|=)(.*)$/s.exec(term)
  if (match === null) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`)
  const [, field = '', operator, value = ''] = match
  return { field, value: unescaped(value), isEqual: operator !== '!=' }
}

/** errors: ApiError 400 */
function unescaped(value: string): string {
  return value.replace(/\\(.?)|=/gsu, (found, escaped: string | undefined) => {
    if (escaped === undefined) throw badRequest('invalid field selector: unescaped character in value: 61')
    if (escaped === '' || !'\\,='.includes(escaped))
      throw badRequest(`invalid field selector: invalid escape sequence: ${found}`)
    return escaped
  })
}

/** Kinds with fields of their own, beside the two of all, word it in their way; so do custom ones. */
function assertKnown(field: string, { selectableFields, isCustom, group, kind }: ApiResource): void {
  if (META_FIELDS.includes(field) || Object.hasOwn(selectableFields, field)) return
  if (group === 'batch' && kind === 'Job')
    throw badRequest(`field label ${JSON.stringify(field)} not supported for Job`)
  if (isCustom || Object.keys(selectableFields).length > 0) throw badRequest(`field label not supported: ${field}`)
  throw badRequest(`${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`)
}
