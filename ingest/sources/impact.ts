export type Impact = 'none' | 'degraded' | 'outage';

/** An impact in our own words, case aside; any other word says nothing. */
export function impactOf(value: string | undefined): Impact | undefined {
  const said = value?.trim().toLowerCase();
  return said === 'none' || said === 'degraded' || said === 'outage' ? said : undefined;
}

/**
 * What a tool's priority, `P1` to `P5`, says of impact: the first three mean that users are affected, low ones (Opsgenie: low,
 * informational; ServiceNow: low, planning) that nobody is to be woken, which is no incident.
 */
export function impactOfPriority(priority: string | undefined): Impact | undefined {
  const level = /^P([1-5])$/.exec(priority ?? '')?.[1];
  return level === undefined ? undefined : level <= '3' ? 'degraded' : 'none';
}
