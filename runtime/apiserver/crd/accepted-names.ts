import { isDeepStrictEqual } from 'node:util'
import { type Definition, type DefinitionNames, findCondition, setCondition } from './definition.ts'

/** The names that other definitions of a group have. */
export interface NamesInUse {
  readonly resources: ReadonlySet<string>
  readonly kinds: ReadonlySet<string>
}

export function namesInUse(definitions: readonly Definition[], group: string): NamesInUse {
  const names = definitions.filter(({ spec }) => spec.group === group).map(({ status }) => status.acceptedNames)
  return {
    resources: new Set(
      names.flatMap(({ plural, singular = '', shortNames = [] }) => [plural, singular, ...shortNames]),
    ),
    kinds: new Set(names.flatMap(({ kind, listKind = '' }) => [kind, listKind])),
  }
}

/**
 * Accepts of the names that a definition asks for those that nobody else has, and says so in its conditions.
 * answers: whether anything changed; a definition whose names are all accepted is left alone
 * source: apiextensions-apiserver pkg/controller/status/naming_controller.go
 */
export function acceptNames(definition: Definition, inUse: NamesInUse, now: Date): boolean {
  const { spec, status } = definition
  if (isDeepStrictEqual(spec.names, status.acceptedNames)) return false
  const { names, conflict } = decide(spec.names, status.acceptedNames, inUse)
  const condition = conflict ?? { status: 'True' as const, reason: 'NoConflicts', message: 'no conflicts found' }
  const known = findCondition(definition, 'NamesAccepted')
  const isKnown =
    known?.status === condition.status && known.reason === condition.reason && known.message === condition.message
  if (isKnown && isDeepStrictEqual(names, status.acceptedNames)) return false
  status.acceptedNames = names
  setCondition(definition, { type: 'NamesAccepted', ...condition }, now)
  const established = findCondition(definition, 'Established')
  if (established?.status === 'True') return true
  setCondition(
    definition,
    conflict === undefined
      ? { type: 'Established', status: 'False', reason: 'Installing', message: 'the initial names have been accepted' }
      : (established ?? {
          type: 'Established',
          status: 'False',
          reason: 'NotAccepted',
          message: 'not all names are accepted',
        }),
    now,
  )
  return true
}

interface Decision {
  readonly names: DefinitionNames
  /** The last one found. */
  readonly conflict: { readonly status: 'False'; readonly reason: string; readonly message: string } | undefined
}

function decide(wanted: DefinitionNames, accepted: DefinitionNames, { resources, kinds }: NamesInUse): Decision {
  const names: Record<string, unknown> = { ...accepted }
  let conflict: Decision['conflict']
  const refuse = (reason: string, message: string) => {
    conflict = { status: 'False', reason, message }
  }
  const take = (name: 'plural' | 'singular' | 'kind' | 'listKind', used: ReadonlySet<string>, reason: string) => {
    const value = wanted[name] ?? ''
    if (value !== (accepted[name] ?? '') && used.has(value)) refuse(reason, `"${value}" is already in use`)
    else names[name] = value
  }
  take('plural', resources, 'PluralConflict')
  take('singular', resources, 'SingularConflict')
  const own = accepted.shortNames ?? []
  const taken = (wanted.shortNames ?? []).filter((name) => !own.includes(name) && resources.has(name))
  if (taken.length > 0) refuse('ShortNamesConflict', aggregate(taken.map((name) => `"${name}" is already in use`)))
  else if (wanted.shortNames === undefined) delete names.shortNames
  else names.shortNames = [...wanted.shortNames]
  take('kind', kinds, 'KindConflict')
  take('listKind', kinds, 'ListKindConflict')
  if (wanted.categories === undefined) delete names.categories
  else names.categories = [...wanted.categories]
  return { names: names as unknown as DefinitionNames, conflict }
}

function aggregate(messages: readonly string[]): string {
  return messages.length === 1 ? (messages[0] ?? '') : `[${messages.join(', ')}]`
}
