/** One clause of a label selector; `a=b` is In with one value, `a!=b` NotIn with one. */
export interface LabelRequirement {
  readonly key: string
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'GreaterThan' | 'LessThan'
  readonly values: readonly string[]
}

/** All requirements hold (AND); none: everything matches. */
export interface LabelSelector {
  readonly requirements: readonly LabelRequirement[]
}

/** What is wrong with a selector's text. */
export interface LabelSelectorFault {
  readonly fault: string
}

const NAME = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/
const PREFIX = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const OPERATORS = { '=': 'In', '==': 'In', '!=': 'NotIn', '>': 'GreaterThan', '<': 'LessThan' } as const

/**
 * Reads `a=b,c!=d,e in (f,g),h notin (i),j,!k,l>1`, by apimachinery's rules (labels.Parse).
 * source: apimachinery pkg/labels/selector.go
 */
export function parseLabelSelector(text: string): LabelSelector | LabelSelectorFault {
  if (text.trim() === '') return { requirements: [] }
  const parsed = clausesOf(text).map((clause) => parseClause(clause.trim()))
  const bad = parsed.find((clause) => 'fault' in clause)
  if (bad !== undefined) return { fault: `Label selector "${text}": ${bad.fault}` }
  return { requirements: parsed as LabelRequirement[] }
}

/** A comma between parentheses parts values, any other one clauses. One pass, as the text may be long and hostile. */
function clausesOf(text: string): string[] {
  const clauses: string[] = []
  let start = 0
  let inParentheses = false
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') inParentheses = true
    else if (text[i] === ')') inParentheses = false
    else if (text[i] === ',' && !inParentheses) {
      clauses.push(text.slice(start, i))
      start = i + 1
    }
  }
  return [...clauses, text.slice(start)]
}

function parseClause(clause: string): LabelRequirement | LabelSelectorFault {
  const set = /^([^\s=!<>()]+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(clause)
  if (set !== null) {
    const values = (set[3] as string).split(',').map((value) => value.trim())
    return checked({ key: set[1] as string, operator: set[2] === 'in' ? 'In' : 'NotIn', values })
  }
  const comparison = /^([^\s=!<>()]+)\s*(==|=|!=|>|<)\s*([^\s=!<>()]*)$/.exec(clause)
  if (comparison !== null) {
    const operator = OPERATORS[comparison[2] as keyof typeof OPERATORS]
    return checked({ key: comparison[1] as string, operator, values: [comparison[3] as string] })
  }
  const existence = /^(!?)\s*([^\s=!<>()]+)$/.exec(clause)
  if (existence === null) return { fault: `"${clause}" is no requirement` }
  const operator = existence[1] === '!' ? 'DoesNotExist' : 'Exists'
  return checked({ key: existence[2] as string, operator, values: [] })
}

function checked(requirement: LabelRequirement): LabelRequirement | LabelSelectorFault {
  if (!isLabelKey(requirement.key)) return { fault: `"${requirement.key}" is no label key` }
  const bad = requirement.values.find((value) => !isLabelValue(value))
  if (bad !== undefined) return { fault: `"${bad}" is no label value` }
  const isNumeric = requirement.operator === 'GreaterThan' || requirement.operator === 'LessThan'
  if (isNumeric && integerOf(requirement.values[0]) === undefined) {
    return { fault: `"${requirement.values[0]}" is no integer` }
  }
  return requirement
}

function isLabelKey(key: string): boolean {
  const slash = key.indexOf('/')
  const name = key.slice(slash + 1)
  const prefix = key.slice(0, slash)
  return name.length <= 63 && NAME.test(name) && (slash === -1 || (prefix.length <= 253 && PREFIX.test(prefix)))
}

function isLabelValue(value: string): boolean {
  return value === '' || (value.length <= 63 && NAME.test(value))
}

export function matchesLabels(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  return selector.requirements.every((requirement) => {
    const value = Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined
    return matchesValue(requirement, value)
  })
}

function matchesValue({ operator, values }: LabelRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn': // also where the label is missing, as the API server does
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    default:
      return matchesInteger(operator, integerOf(value), integerOf(values[0]))
  }
}

function matchesInteger(operator: 'GreaterThan' | 'LessThan', value?: bigint, bound?: bigint): boolean {
  if (value === undefined || bound === undefined) return false
  return operator === 'GreaterThan' ? value > bound : value < bound
}

function integerOf(text: string | undefined): bigint | undefined {
  return text !== undefined && /^[+-]?\d+$/.test(text) ? BigInt(text.replace('+', '')) : undefined
}
