/*
 * What the labels of an issue say of an incident. Written as `word`, `kind: word`, `kind/word`, or GitLab's scoped
 * `kind::word`; case does not matter.
 */

/** `incident`, also as a type or kind: the issue is one. */
export function isIncidentLabel(label: string): boolean {
  return /^(?:(?:type|kind)\s?(?:::?|\/)\s?)?incident$/i.test(label.trim());
}

/** `sev1`, `SEV-1`, `severity: critical` → `sev1`, `sev1`, `critical`; undefined if no label says so. */
export function severityIn(labels: readonly string[]): string | undefined {
  for (const label of labels) {
    const level = /^sev(?:erity)?\s?(?:::?|\/|-)?\s?(\d)$/i.exec(label)?.[1];
    if (level !== undefined) return `sev${level}`;
    const word = /^severity\s?(?:::?|\/)\s?(\S.{0,100})$/i.exec(label)?.[1];
    if (word !== undefined) return word.toLowerCase();
  }
  return undefined;
}

/** `outage` or `degraded`, alone or after `impact:`; `impact: none` or `no-impact`. Undefined if no label says so. */
export function impactIn(labels: readonly string[]): 'none' | 'degraded' | 'outage' | undefined {
  const words = labels.map((label) => label.toLowerCase().replace(/^impact\s?(?:::?|\/)\s?/, ''));
  if (words.includes('outage')) return 'outage';
  if (words.includes('degraded')) return 'degraded';
  return labels.some((label) => /^(?:impact\s?(?:::?|\/)\s?none|no[- ]impact)$/i.test(label)) ? 'none' : undefined;
}

/** The name after `service:`; undefined if no label has one. */
export function serviceIn(labels: readonly string[]): string | undefined {
  for (const label of labels) {
    const named = /^service\s?(?:::?|\/)\s?(\S.{0,200})$/i.exec(label)?.[1];
    if (named !== undefined) return named.trim();
  }
  return undefined;
}

/** `false-alarm`: nothing was wrong after all. */
export function isFalseAlarmLabel(label: string): boolean {
  return /^false[- _]alarm$/i.test(label.trim());
}
