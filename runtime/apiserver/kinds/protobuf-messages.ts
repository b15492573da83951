import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** By field number: `name type`, as test/apiserver/kinds/distill-protobuf.ts writes it. */
export type MessageFields = Readonly<Record<number, string>>

let messages: Readonly<Record<string, MessageFields>> | undefined

/** The fields of a message by its name (`core/v1.Pod`), or of a kind; undefined when they are not known. */
export function messageFields(
  ...of: [message: string] | [apiVersion: string, kind: string]
): MessageFields | undefined {
  // Most servers never see a protobuf body.
  messages ??= JSON.parse(readFileSync(join(import.meta.dirname, 'protobuf.json'), 'utf8')) as typeof messages
  if (of.length === 1) return messages?.[of[0]]
  const [apiVersion, kind] = of
  if (/^(Delete|Create|Update|Patch)Options$/.test(kind)) return messages?.[`meta/v1.${kind}`]
  const [group = '', version] = apiVersion.includes('/') ? apiVersion.split('/') : ['core', apiVersion]
  return messages?.[`${group.split('.')[0]}/${version}.${kind}`]
}
