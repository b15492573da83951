import {
  type AliasEvent,
  constructFromEvents,
  EVENT_ID,
  type Event,
  getScalarValue,
  type MappingEvent,
  parseEvents,
  SCALAR_STYLE,
  type ScalarEvent,
  type SequenceEvent,
  YAMLException,
} from 'js-yaml'
import { messageOf } from '../util/message-of.ts'

/** Anchors save typing; this many are no longer typed by a person, and each may multiply what the ones before it hold. */
const MAX_ALIASES = 100

/** Where a value stands in the text, and where what it holds stands. */
export interface YamlNode {
  readonly offset: number
  /** Of a mapping: where each key stands, and its value. */
  readonly entries?: ReadonlyMap<string, { readonly keyOffset: number; readonly node: YamlNode }>
  /** Of a sequence. */
  readonly items?: readonly YamlNode[]
}

export interface YamlFault {
  readonly offset: number
  readonly message: string
}

export interface YamlDocument {
  /** Undefined when the text does not parse. */
  readonly value: unknown
  readonly root: YamlNode | undefined
  readonly faults: readonly YamlFault[]
}

/**
 * Reads one YAML (or JSON) document together with the place of everything in it.
 * errors:  as `faults`: a syntax error ends the reading, duplicate keys do not and are all named
 * source:  js-yaml's event stream, whose events carry offsets; its values carry none
 */
export function parseYamlDocument(text: string): YamlDocument {
  const { values, roots, faults } = parseYamlDocuments(text)
  const [first, second] = roots
  if (first !== undefined && second === undefined) return { value: values[0], root: first, faults }
  if (second !== undefined)
    return failed({ offset: second.offset, message: 'The file holds several YAML documents; one is expected' })
  return faults.length > 0 ? failed() : failed({ offset: 0, message: 'The file is empty' })

  function failed(...more: YamlFault[]): YamlDocument {
    return { value: undefined, root: undefined, faults: [...faults, ...more] }
  }
}

/** All documents of a text; none when it does not parse. */
interface YamlDocuments {
  readonly values: readonly unknown[]
  /** As many. */
  readonly roots: readonly YamlNode[]
  readonly faults: readonly YamlFault[]
}

/** As parseYamlDocument(), for a text that may hold several, or none. */
export function parseYamlDocuments(text: string): YamlDocuments {
  const faults: YamlFault[] = []
  try {
    const events = parseEvents(text, {})
    const roots = readDocuments(events, text, faults)
    // json: true, because duplicate keys are reported above, all of them and not the first alone.
    const values = constructFromEvents(events, { source: text, json: true, maxAliases: MAX_ALIASES })
    return { values, roots, faults }
  } catch (error) {
    return { values: [], roots: [], faults: [...faults, syntaxFault(error)] }
  }
}

function syntaxFault(error: unknown): YamlFault {
  if (!(error instanceof YAMLException)) return { offset: 0, message: `Not readable as YAML: ${messageOf(error)}` }
  return { offset: error.mark?.position ?? 0, message: `Not readable as YAML: ${error.reason}` }
}

/** The event stream is the tree in pre-order, with POP where a document, mapping or sequence ends. */
function readDocuments(events: readonly Event[], text: string, faults: YamlFault[]): YamlNode[] {
  const anchors = new Map<string, YamlNode>()
  const documents: YamlNode[] = []
  let next = 0
  let lastOffset = 0
  while (next < events.length) {
    next++
    documents.push(readNode())
    next++
  }
  return documents

  function readNode(): YamlNode {
    const event = events[next++]
    if (event === undefined) return { offset: lastOffset }
    if (event.type === EVENT_ID.ALIAS) return aliased(event)
    if (event.type === EVENT_ID.SCALAR) return remember(event, { offset: offsetOfScalar(event) })
    if (event.type === EVENT_ID.SEQUENCE) return remember(event, readSequence(event))
    if (event.type === EVENT_ID.MAPPING) return remember(event, readMapping(event))
    // A document without content: its POP comes where the node would be.
    next--
    return { offset: lastOffset }
  }

  function readSequence(event: SequenceEvent): YamlNode {
    const offset = seen(event.start)
    const items: YamlNode[] = []
    while (events[next]?.type !== EVENT_ID.POP) items.push(readNode())
    next++
    return { offset, items }
  }

  function readMapping(event: MappingEvent): YamlNode {
    const offset = seen(event.start)
    const entries = new Map<string, { keyOffset: number; node: YamlNode }>()
    while (events[next]?.type !== EVENT_ID.POP) {
      const key = events[next]
      const keyOffset = readNode().offset
      const node = readNode()
      // Keys that are no scalars are refused when the value is made.
      if (key?.type !== EVENT_ID.SCALAR) continue
      const name = key.valueStart === -1 ? '' : getScalarValue(text, key)
      const first = entries.get(name)
      if (first === undefined) entries.set(name, { keyOffset, node })
      else
        faults.push({ offset: keyOffset, message: `Key "${name}" stands here twice; first ${lineOf(first.keyOffset)}` })
    }
    next++
    return { offset, entries }
  }

  function aliased(event: AliasEvent): YamlNode {
    const offset = seen(event.anchorStart - 1)
    // An alias to nothing is refused when the value is made.
    return { ...anchors.get(text.slice(event.anchorStart, event.anchorEnd)), offset }
  }

  function remember(event: ScalarEvent | SequenceEvent | MappingEvent, node: YamlNode): YamlNode {
    if (event.anchorStart !== -1) anchors.set(text.slice(event.anchorStart, event.anchorEnd), node)
    return node
  }

  /** Of the opening quote, where there is one; of what came before, where there is no value at all. */
  function offsetOfScalar(event: ScalarEvent): number {
    if (event.valueStart === -1) return lastOffset
    const quoted = event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED
    return seen(quoted ? event.valueStart - 1 : event.valueStart)
  }

  function seen(offset: number): number {
    lastOffset = offset
    return offset
  }

  function lineOf(offset: number): string {
    return `on line ${text.slice(0, offset).split('\n').length}`
  }
}
