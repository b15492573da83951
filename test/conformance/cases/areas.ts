import type { Case } from '../case.ts'
import { access } from './access.ts'
import { apiServices } from './api-services.ts'
import { builtInKinds } from './built-in-kinds.ts'
import { controllers } from './controllers.ts'
import { customResources } from './custom-resources.ts'
import { details } from './details.ts'
import { discovery } from './discovery.ts'
import { genericVerbs } from './generic-verbs.ts'
import { limitCases } from './limits.ts'
import { patches } from './patches.ts'
import { policyCases } from './policies.ts'
import { signing } from './signing.ts'
import { strategies } from './strategies.ts'
import { verbs } from './verbs.ts'
import { webhookAnswers } from './webhook-answers.ts'
import { webhookMatches } from './webhook-matches.ts'
import { webhooks } from './webhooks.ts'

/** Cases by area; each area is a file here and one in recorded/. */
export const AREAS: Readonly<Record<string, readonly Case[]>> = {
  discovery,
  'built-in-kinds': builtInKinds,
  strategies,
  verbs,
  'generic-verbs': genericVerbs,
  patches,
  'custom-resources': customResources,
  controllers,
  access,
  webhooks,
  limits: limitCases,
  signing,
  'api-services': apiServices,
  'webhook-answers': webhookAnswers,
  'webhook-matches': webhookMatches,
  policies: policyCases,
  details,
}

export const CASES: readonly Case[] = Object.values(AREAS).flat()
