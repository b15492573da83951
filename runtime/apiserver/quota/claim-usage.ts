import type { ApiObject } from '../json.ts'
import { isSame, jsonOf, mapIn, objectIn, textIn } from '../kinds/strategies/json-parts.ts'
import { compareQuantities, roundUpToWhole } from '../kinds/strategies/quantity.ts'
import { countName, type Evaluator } from './evaluator.ts'
import { isNameMeant } from './quota.ts'

const COUNT = countName({ group: '', plural: 'persistentvolumeclaims' })
const COUNTED = ['persistentvolumeclaims', 'requests.storage']
const OF_CLASS = '.storageclass.storage.k8s.io/'
const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class'

/** source: kubernetes pkg/quota/v1/evaluator/core/persistent_volume_claims.go */
export const CLAIM_USAGE: Evaluator = {
  handles({ operation, subresource, old }, claim) {
    if (subresource === 'status') return old !== undefined && isReleased(claim, old)
    return subresource === undefined && ['CREATE', 'UPDATE'].includes(operation)
  },
  matching: (names) =>
    names.filter((name) => {
      return [COUNT, ...COUNTED].includes(name) || COUNTED.some((each) => name.endsWith(`${OF_CLASS}${each}`))
    }),
  matchesScope: (scope, claim) =>
    scope.scopeName === 'VolumeAttributesClass' && isNameMeant(scope, attributesClassesOf(claim)),
  usage(claim) {
    const storage = storageOf(claim)
    const usage = { persistentvolumeclaims: '1', ...(storage !== undefined && { 'requests.storage': storage }) }
    const name = claim.metadata.annotations?.[BETA_CLASS] ?? textIn(specOf(claim), 'storageClassName')
    const byClass = Object.entries(usage).map(([key, amount]) => [`${name}${OF_CLASS}${key}`, amount])
    return { [COUNT]: '1', ...usage, ...(name !== '' && Object.fromEntries(byClass)) }
  },
  isReleased,
}

function isReleased(claim: ApiObject, old: ApiObject): boolean {
  const allocated = (each: ApiObject) => mapIn(statusOf(each), 'allocatedResources').storage
  return allocated(claim) !== allocated(old) || !isSame(attributesClassesOf(claim), attributesClassesOf(old))
}

/** What is asked for, or what has been set aside already where that is more. */
function storageOf(claim: ApiObject): string | undefined {
  const { storage: asked } = mapIn(objectIn(specOf(claim), 'resources'), 'requests')
  const { storage: allocated } = mapIn(statusOf(claim), 'allocatedResources')
  if (asked === undefined) return undefined
  return roundUpToWhole(allocated !== undefined && compareQuantities(allocated, asked) > 0 ? allocated : asked)
}

function attributesClassesOf(claim: ApiObject): string[] {
  const status = statusOf(claim)
  const names = [
    textIn(specOf(claim), 'volumeAttributesClassName'),
    textIn(status, 'currentVolumeAttributesClassName'),
    textIn(objectIn(status, 'modifyVolumeStatus'), 'targetVolumeAttributesClassName'),
  ]
  return [...new Set(names.filter((name) => name !== ''))].sort()
}

const specOf = (claim: ApiObject) => objectIn(jsonOf(claim), 'spec')
const statusOf = (claim: ApiObject) => objectIn(jsonOf(claim), 'status')
