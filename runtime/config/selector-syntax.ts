const NAME = '[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?'
const VALUE = `(?:${NAME})?`
const PREFIX = '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*/'
const KEY = `(?:${PREFIX})?${NAME}`
const requirement = new RegExp(
  `^\\s*(?:!?\\s*${KEY}|${KEY}\\s*(?:==|=|!=)\\s*${VALUE}|${KEY}\\s*[<>]\\s*[0-9]+|` +
    `${KEY}\\s+(?:not)?in\\s*\\(\\s*${VALUE}\\s*(?:,\\s*${VALUE}\\s*)*\\))\\s*$`,
)
const fieldTerm = /^[A-Za-z0-9_.\-[\]/]+(?:==|!=|=)(?:[^\\,=]|\\[\\,=])*$/

/**
 * What is wrong with a label selector (`app=web,tier in (a, b),!legacy`), or undefined.
 * source:  apimachinery pkg/labels/selector.go
 */
export function labelSelectorFault(text: string): string | undefined {
  const bad = splitOutsideParentheses(text).find((term) => !requirement.test(term))
  return bad === undefined
    ? undefined
    : `has "${bad.trim()}", which is no label requirement such as app=web or tier in (a, b)`
}

/**
 * What is wrong with a field selector (`metadata.name=web,status.phase!=Failed`), or undefined. Which fields a kind has,
 * only the API server knows.
 * source:  apimachinery pkg/fields/selector.go
 */
export function fieldSelectorFault(text: string): string | undefined {
  const bad = text.split(/(?<!\\),/).find((term) => !fieldTerm.test(term))
  return bad === undefined ? undefined : `has "${bad.trim()}", which is no field requirement such as metadata.name=web`
}

function splitOutsideParentheses(text: string): string[] {
  return text.split(/,(?![^(]*\))/)
}
