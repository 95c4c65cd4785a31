import type { Step } from './step.ts'
import { globalSteps } from './steps-global.ts'
import { otherWays } from './steps-other-ways.ts'
import { realSteps } from './steps-real-model.ts'
import { troubleSteps } from './steps-troubles.ts'

/** What is tried with the model that plays recorded calls, in the order of the table. */
export const recordedSteps: readonly Step[] = [...globalSteps, ...troubleSteps, ...otherWays]

/** What follows where there is a model of the reader's own. */
export { realSteps }
