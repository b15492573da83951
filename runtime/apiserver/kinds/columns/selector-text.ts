import { isJsonObject } from '../../json.ts'
import { formatSelector, type LabelSelector } from '../../label-selector.ts'

/** `a=b,c=d` in the order of the keys. source: apimachinery pkg/labels FormatLabels */
export function formatLabels(labels: unknown): string {
  const pairs = labelPairs(labels)
  return pairs.length === 0 ? '<none>' : pairs.join(',')
}

function labelPairs(labels: unknown): string[] {
  if (typeof labels !== 'object' || labels === null) return []
  const entries = Object.entries(labels as Record<string, string>).sort(([a], [b]) => (a < b ? -1 : 1))
  return entries.map(([key, value]) => `${key}=${value}`)
}

/** Nothing for a missing selector, and for one that selects everything. */
export function formatSelectorOf(selector: unknown): string {
  return isJsonObject(selector) ? formatSelector(selector as LabelSelector) : ''
}

/** source: apimachinery pkg/apis/meta/v1 FormatLabelSelector */
export function formatSelectorOrNone(selector: unknown): string {
  return formatSelectorOf(selector) || '<none>'
}
