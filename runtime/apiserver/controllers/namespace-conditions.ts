/** A condition of a Namespace that is going. */
export interface NamespaceCondition {
  readonly type: string
  readonly status: 'True' | 'False'
  /** RFC 3339 */
  readonly lastTransitionTime: string
  readonly reason: string
  readonly message: string
}

/** What is still there: numbers of objects by `plural.group`, and by finalizer. */
export interface RemainingContent {
  readonly byResource: ReadonlyMap<string, number>
  readonly byFinalizer: ReadonlyMap<string, number>
  /** What refused to be deleted, as text. */
  readonly failures: readonly string[]
}

type Verdict = Pick<NamespaceCondition, 'status' | 'reason' | 'message'>

/** Why the namespace is not gone yet. source: kubernetes pkg/controller/namespace/deletion/status_condition_utils.go */
export function namespaceConditions(
  { byResource, byFinalizer, failures }: RemainingContent,
  old: readonly NamespaceCondition[],
  now: string,
): NamespaceCondition[] {
  const verdicts: Readonly<Record<string, Verdict>> = {
    NamespaceDeletionDiscoveryFailure: good('ResourcesDiscovered', 'All resources successfully discovered'),
    NamespaceDeletionGroupVersionParsingFailure: good(
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ),
    NamespaceDeletionContentFailure:
      failures.length === 0
        ? good('ContentDeleted', 'All content successfully deleted, may be waiting on finalization')
        : bad(
            'ContentDeletionFailed',
            `Failed to delete all resource types, ${failures.length} remaining: ${[...failures].sort().join(', ')}`,
          ),
    NamespaceContentRemaining:
      byResource.size === 0
        ? good('ContentRemoved', 'All content successfully removed')
        : bad('SomeResourcesRemain', `Some resources are remaining: ${inOrder(byResource, 'has')}`),
    NamespaceFinalizersRemaining:
      byFinalizer.size === 0
        ? good('ContentHasNoFinalizers', 'All content-preserving finalizers finished')
        : bad(
            'SomeFinalizersRemain',
            `Some content in the namespace has finalizers remaining: ${inOrder(byFinalizer, 'in')}`,
          ),
  }
  const others = old.filter(({ type }) => verdicts[type] === undefined)
  return [...others, ...Object.entries(verdicts).map(([type, verdict]) => merge(type, verdict, old, now))]
}

function merge(type: string, verdict: Verdict, old: readonly NamespaceCondition[], now: string): NamespaceCondition {
  const before = old.find((condition) => condition.type === type)
  const lastTransitionTime = before?.status === verdict.status ? before.lastTransitionTime : now
  return { type, lastTransitionTime, ...verdict }
}

function good(reason: string, message: string): Verdict {
  return { status: 'False', reason, message }
}

function bad(reason: string, message: string): Verdict {
  return { status: 'True', reason, message }
}

function inOrder(counts: ReadonlyMap<string, number>, word: 'has' | 'in'): string {
  const texts = [...counts].map(([name, count]) => `${name} ${word} ${count} resource instances`)
  return texts.sort().join(', ')
}
