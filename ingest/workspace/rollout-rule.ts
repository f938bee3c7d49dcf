import { z } from 'zod';
import { type Definition, since } from './definition.ts';

const name = z.string().trim().min(1).max(512);
/** `*` stands for any characters, `?` for one; case does not matter. */
const pattern = z.string().trim().min(1).max(256);
const selectors = ['repository', 'workflow', 'branch', 'job', 'release', 'environment', 'service'] as const;

/**
 * One entry of `rollouts` in `environments.yaml`: the runs of a workflow, its jobs, or the releases, that are rollouts to an
 * environment. A bare date begins in `timezone`.
 */
export function rolloutRule(timezone: string) {
  return z
    .strictObject({
      repository: pattern,
      /** Name of a workflow or pipeline, or its file. */
      workflow: pattern.optional(),
      branch: pattern.optional(),
      job: pattern.optional(),
      /** Pattern of tags. */
      release: pattern.optional(),
      prereleases: z.boolean().optional(),
      environment: name,
      service: name.optional(),
      since: since(timezone),
      until: since(timezone),
    })
    .superRefine((rule, context) => {
      const problem = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
      const { workflow, branch, job, release } = rule;
      if (workflow === undefined && job === undefined && release === undefined)
        context.addIssue({ code: 'custom', message: 'needs a workflow, a job or a release' });
      if (release !== undefined && (workflow !== undefined || job !== undefined))
        problem('release', 'does not go with a workflow or a job: a rule is about one of them');
      if (branch !== undefined && (workflow === undefined || job !== undefined))
        problem('branch', 'goes with a workflow alone: jobs and releases do not tell theirs');
      if (rule.prereleases !== undefined && release === undefined) problem('prereleases', 'goes with a release');
      if (rule.service !== undefined && /[*?]/.test(rule.repository))
        problem('repository', 'must be one repository where a service is named, not a pattern');
      if (rule.since !== undefined && rule.until !== undefined && rule.until <= rule.since)
        problem('until', 'is not after since');
    });
}

/** What an entry states. It holds for all time, as it was last stated, but for its own `since` and `until`. */
export function rolloutRuleDefinition(rule: z.infer<ReturnType<typeof rolloutRule>>): Definition {
  const { service, ...rest } = rule;
  const data = { rule: ruleText(rule), ...rest, service_id: service };
  return {
    type: 'rollout_rule.defined',
    since: null,
    data: Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined)) as never,
  };
}

/** A rule in one line, by which two versions of it are known to be the same: what it selects, and where that goes. */
export function ruleText(entry: unknown): string {
  const rule = entry as Readonly<Record<string, unknown>> | null;
  return selectors
    .flatMap((key) => {
      const value = rule?.[key];
      return typeof value === 'string' ? [`${key} ${JSON.stringify(value.trim().toLowerCase())}`] : [];
    })
    .join(' ');
}
