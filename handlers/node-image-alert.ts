import { type Context, type KubeObject, type Reconcile, TerminalError } from 'ostler'

/** What a node's kubelet says of the images on its disk: at most the 50 largest, unless told otherwise. */
interface Node extends KubeObject {
  status?: { images?: { sizeBytes?: number }[] }
}

/** `with` of the config entry. */
interface Settings {
  /** A change must be larger than this to be reported: bytes, as a quantity such as `500Mi` or `2G`. */
  threshold: string
  /** The nodes that the total in the log is over; default: all. */
  selector?: { labelSelector?: string; fieldSelector?: string }
}

/** Bytes before and after; `old` is undefined for a node that is seen for the first time. */
interface Change {
  old?: number
  new: number
}

/**
 * Warns, once, when the storage that images take on a node has changed by more than the threshold since it was last
 * reported: small changes add up. What was last reported stands in an annotation of the node; the first figure is
 * recorded there without a warning.
 */
export const reconcile: Reconcile<Node> = async (node, context) => {
  const threshold = parseQuantity((context.with as Settings).threshold)
  if (changeOf(node, context, threshold) === undefined) return

  const change = await record(node, context, threshold)
  if (change === undefined) return
  if (change.old === undefined) context.log.info('First seen', { bytes: change.new })
  else await warn(change.old, change.new, context)
  await logTotal(context)
}

/** Nothing when the node's figure is within the threshold of the one last reported. */
function changeOf(node: Node, { key }: Context, threshold: number): Change | undefined {
  const now = imageBytes(node)
  const old = lastReported(node.metadata.annotations?.[annotationOf(key)])
  if (old === undefined) return { new: now }
  return Math.abs(now - old) > threshold ? { old, new: now } : undefined
}

/**
 * Writes the change into the annotation, and answers it. The node in hand may be older than the last such write, and a
 * kubelet writes to it too: so it is decided anew on the live node, and written only to that very version.
 */
function record({ metadata }: Node, context: Context, threshold: number): Promise<Change | undefined> {
  return context.retryOnConflict(async () => {
    const live = await context.get<Node>('v1/Node', metadata)
    if (live === undefined || live.metadata.uid !== metadata.uid) return undefined
    const change = changeOf(live, context, threshold)
    if (change === undefined) return undefined
    const annotations = { [annotationOf(context.key)]: JSON.stringify(change) }
    const { resourceVersion } = live.metadata
    await context.patch('v1/Node', metadata, { metadata: { resourceVersion, annotations } })
    return change
  })
}

/** After the annotation is written: an event that is lost is better than one a retry, as the figures stand there. */
async function warn(old: number, now: number, { event, log }: Context): Promise<void> {
  log.warn('Image storage changed', { old, new: now })
  const difference = `${formatBytes(Math.abs(now - old))} ${now > old ? 'more' : 'less'}`
  await event(
    'Warning',
    'ImageStorageChanged',
    `Images take ${formatBytes(now)}, ${difference} than ${formatBytes(old)}`,
  )
}

async function logTotal({ list, log, with: settings }: Context): Promise<void> {
  const { selector } = settings as Settings
  const nodes = await list<Node>('v1/Node', selector)
  const bytes = nodes.reduce((total, node) => total + imageBytes(node), 0)
  log.info('Image storage of the selected nodes', { nodes: nodes.length, bytes, ...selector })
}

/** Layers that images share are counted once for each, as the kubelet does. */
function imageBytes({ status }: Node): number {
  return (status?.images ?? []).reduce((total, { sizeBytes = 0 }) => total + sizeBytes, 0)
}

/** One for each config entry, so that two with different thresholds do not share a memory. */
function annotationOf({ controller }: Context['key']): string {
  return `ostler.dev/${controller}`
}

/** What anybody may have written there counts only if it is a figure. */
function lastReported(annotation: string | undefined): number | undefined {
  const figure = /"new":(\d+)/.exec(annotation ?? '')?.[1]
  return figure === undefined ? undefined : Number(figure)
}

const FACTORS: Record<string, number> = { '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12 }
const BINARY_FACTORS: Record<string, number> = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 }

function parseQuantity(text: unknown): number {
  const [, amount, suffix = ''] = /^(\d+(?:\.\d+)?)([kMGT]|[KMGT]i)?$/.exec(String(text)) ?? []
  const factor = FACTORS[suffix] ?? BINARY_FACTORS[suffix]
  if (typeof text === 'string' && amount !== undefined && factor !== undefined) return Number(amount) * factor
  throw new TerminalError(`with.threshold must be a quantity of bytes such as "500Mi", not ${JSON.stringify(text)}`)
}

function formatBytes(bytes: number): string {
  const [suffix, factor] = Object.entries(BINARY_FACTORS).findLast(([, factor]) => bytes >= factor) ?? ['', 1]
  return `${Number((bytes / factor).toFixed(1))}${suffix}`
}
