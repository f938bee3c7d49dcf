import type { Metric } from '../metric.ts';
import { abandonment } from './adoption-abandonment.ts';
import { adoptionBreadth } from './adoption-breadth.ts';
import { dailyActiveUsers } from './adoption-dau.ts';
import { funnel } from './adoption-funnel.ts';
import { monthlyActiveUsers } from './adoption-mau.ts';
import { adoptionRate } from './adoption-rate.ts';
import { retention } from './adoption-retention.ts';
import { stickiness } from './adoption-stickiness.ts';
import { weeklyActiveUsers } from './adoption-wau.ts';
import { cost } from './business-cost.ts';
import { costPerFeature } from './business-cost-per-feature.ts';
import { deploymentSuccessRate } from './delivery-deployment-success-rate.ts';
import { featuresDelivered } from './delivery-features-delivered.ts';
import { timeToMarket } from './delivery-time-to-market.ts';
import { searchSuccess } from './docs-search-success.ts';
import { timeToFind } from './docs-time-to-find.ts';
import { zeroResultRate } from './docs-zero-result-rate.ts';
import { changeFailRate } from './dora-change-fail-rate.ts';
import { changeLeadTime } from './dora-change-lead-time.ts';
import { deploymentFrequency } from './dora-deployment-frequency.ts';
import { deploymentReworkRate } from './dora-deployment-rework-rate.ts';
import { failedDeploymentRecoveryTime } from './dora-failed-deployment-recovery-time.ts';
import { downtime } from './ops-downtime.ts';
import { incidentRate } from './ops-incident-rate.ts';
import { maintenance } from './ops-maintenance.ts';
import { meanTimeToRestore } from './ops-mttr.ts';
import { timeToAcknowledge } from './ops-time-to-acknowledge.ts';
import { timeToDetect } from './ops-time-to-detect.ts';
import { onboardingTime } from './people-onboarding-time.ts';
import { timeToFirstChange } from './people-time-to-first-change.ts';
import { timeToFirstDeployment } from './people-time-to-first-deployment.ts';
import { timeToFirstLogin } from './people-time-to-first-login.ts';
import { timeToTenthChange } from './people-time-to-tenth-change.ts';
import { trainingCompletion } from './people-training-completion.ts';
import { turnover } from './people-turnover.ts';
import { pipelineFlakyRate } from './pipeline-flaky-rate.ts';
import { pipelineQueueTime } from './pipeline-queue-time.ts';
import { pipelineRunTime } from './pipeline-run-time.ts';
import { pipelineSuccessRate } from './pipeline-success-rate.ts';
import { priority } from './planning-priority.ts';
import { automationRunSuccess } from './platform-automation-run-success.ts';
import { availability } from './platform-availability.ts';
import { ciStartLatency } from './platform-ci-start-latency.ts';
import { selfServiceShare } from './platform-self-service-share.ts';
import { selfServiceSuccess } from './platform-self-service-success.ts';
import { utilization } from './platform-utilization.ts';
import { supportDeflection } from './support-deflection.ts';
import { supportEscalationRate } from './support-escalation-rate.ts';
import { supportFirstResponse } from './support-first-response.ts';
import { supportResolutionRate } from './support-resolution-rate.ts';
import { supportResolutionTime } from './support-resolution-time.ts';
import { supportTierShare } from './support-tier-share.ts';
import { supportVolume } from './support-volume.ts';
import { surveyEnps } from './survey-enps.ts';
import { surveyFavourable } from './survey-favourable.ts';
import { surveyResponseRate } from './survey-response-rate.ts';
import { surveyScore } from './survey-score.ts';

/** Every metric, in the order in which people read them. */
export const metrics: readonly Metric[] = [
  deploymentFrequency,
  changeLeadTime,
  changeFailRate,
  failedDeploymentRecoveryTime,
  deploymentReworkRate,
  deploymentSuccessRate,
  meanTimeToRestore,
  timeToDetect,
  timeToAcknowledge,
  incidentRate,
  downtime,
  maintenance,
  availability,
  ciStartLatency,
  pipelineQueueTime,
  pipelineRunTime,
  pipelineSuccessRate,
  pipelineFlakyRate,
  featuresDelivered,
  timeToMarket,
  utilization,
  cost,
  costPerFeature,
  priority,
  turnover,
  onboardingTime,
  timeToFirstLogin,
  timeToFirstChange,
  timeToFirstDeployment,
  timeToTenthChange,
  adoptionRate,
  adoptionBreadth,
  dailyActiveUsers,
  weeklyActiveUsers,
  monthlyActiveUsers,
  stickiness,
  retention,
  selfServiceSuccess,
  selfServiceShare,
  automationRunSuccess,
  trainingCompletion,
  supportVolume,
  supportFirstResponse,
  supportResolutionTime,
  supportResolutionRate,
  supportEscalationRate,
  supportTierShare,
  supportDeflection,
  searchSuccess,
  timeToFind,
  zeroResultRate,
  funnel,
  abandonment,
  surveyScore,
  surveyFavourable,
  surveyEnps,
  surveyResponseRate,
];

/** A metric by its id, or null. */
export function findMetric(id: string): Metric | null {
  return metrics.find((metric) => metric.id === id) ?? null;
}
