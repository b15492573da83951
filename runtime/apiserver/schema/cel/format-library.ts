import { Optional } from '@marcbachmann/cel-js'
import {
  label1035Name,
  labelName,
  labelValue,
  type NameRule,
  qualifiedName,
  subdomainName,
} from '../../kinds/strategies/names.ts'
import { isOfFormat } from '../string-format.ts'
import { type Library, registerNamespace } from './library.ts'

/** A format by name: what is wrong with a text. */
class NamedFormat {
  readonly check: NameRule

  constructor(check: NameRule) {
    this.check = check
  }
}

/** A generated name gets more characters: what stands at the end of a prefix does not count. */
function ofPrefix(check: NameRule): NameRule {
  return (text) => check(text.endsWith('-') ? `${text.slice(0, -1)}a` : text)
}

function ofFormat(format: string, message: string): NameRule {
  return (text) => (isOfFormat(text, format) ? [] : [message])
}

const FORMATS: Readonly<Record<string, NamedFormat>> = {
  dns1123Label: new NamedFormat(labelName),
  dns1123Subdomain: new NamedFormat(subdomainName),
  dns1035Label: new NamedFormat(label1035Name),
  qualifiedName: new NamedFormat(qualifiedName),
  dns1123LabelPrefix: new NamedFormat(ofPrefix(labelName)),
  dns1123SubdomainPrefix: new NamedFormat(ofPrefix(subdomainName)),
  dns1035LabelPrefix: new NamedFormat(ofPrefix(label1035Name)),
  labelValue: new NamedFormat(labelValue),
  uri: new NamedFormat(ofFormat('uri', 'invalid URI for request')),
  uuid: new NamedFormat(ofFormat('uuid', 'does not match the UUID format')),
  byte: new NamedFormat(ofFormat('byte', 'invalid base64')),
  date: new NamedFormat(ofFormat('date', 'invalid date')),
  datetime: new NamedFormat(ofFormat('datetime', 'invalid datetime')),
}

const TYPE = 'kubernetes.NamedFormat'

/** Kubernetes' named formats. source: apiserver pkg/cel/library/format.go */
export const formatLibrary: Library = (environment) => {
  environment
    .registerType(TYPE, NamedFormat)
    .registerOperator(`${TYPE} == ${TYPE}`, (a: NamedFormat, b: NamedFormat) => a === b)
    .registerFunction(`${TYPE}.validate(string): optional<list<string>>`, ({ check }: NamedFormat, text: string) => {
      const errors = check(text)
      return errors.length === 0 ? Optional.none() : Optional.of([...errors])
    })
  registerNamespace(environment, 'format', 'FormatNamespace')
  environment.registerFunction(`FormatNamespace.named(string): optional<${TYPE}>`, (_: unknown, name: string) => {
    const format = FORMATS[name]
    return format === undefined ? Optional.none() : Optional.of(format)
  })
  for (const [name, format] of Object.entries(FORMATS))
    environment.registerFunction(`FormatNamespace.${name}(): ${TYPE}`, () => format)
}
