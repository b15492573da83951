import { ALLOWED } from '../layer-table.ts'

/** The table of runtime/README.md: what each layer may import. Types alone: in italics. */
export function layerReference(): string {
  const rows = Object.entries(ALLOWED).map(([layer, allowed]) => `| \`${layer}\` | ${allowed.map(show).join(', ')} |`)
  return ['| layer | may import |', '|---|---|', ...rows].join('\n')
}

function show(edge: string): string {
  const [layer, types] = edge.split(':')
  return types === undefined ? `${layer}` : `*${layer}*`
}
