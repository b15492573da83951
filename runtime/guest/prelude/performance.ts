import { askOuter } from './outer.ts'
import { PrimordialDate } from './primordials.ts'

const now = () => askOuter('now', 0, '') as number

/** Milliseconds since the guest process began, with fractions. */
export const performance = { now, timeOrigin: PrimordialDate.now() - now() }
