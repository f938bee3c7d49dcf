/** How large a store to make. Of ten events one is a rollout's end, five are merged changes, two their pushes and two all the rest. */
export interface Large {
  readonly events: number;
  readonly services: number;
}

/** What one kind of event looks like; SQL of `number`, which counts from nought. */
export interface Kind {
  readonly rows: number;
  readonly type: string;
  readonly entity: string;
  readonly occurred_at: string;
  readonly data: Readonly<Record<string, string>>;
  readonly refs?: string;
}

export const START = "toDateTime64('2024-01-01 00:00:00', 3, 'UTC')";
export const DAYS = 730;
export const TEAMS = 50;
export const TEAM = `concat('team-', toString({of} % ${TEAMS}))`;
export const HOUR = 3_600_000;

export const id = (kind: string): string => `lower(hex(sipHash128('${kind}', number)))`;
export const iso = (instant: string): string => `formatDateTime(${instant}, '%FT%TZ')`;
export const teamOf = (of: string): string => TEAM.replace('{of}', of);
export const login = (of: string): string => `concat('dev-', toString(${of}))`;
/** Evenly over the two years, in no order. */
export const anyTime = (salt: string): string =>
  `${START} + toIntervalMillisecond(toInt64(cityHash64(number, '${salt}') % ${DAYS * 24 * HOUR}))`;
export const after = (instant: string, salt: string, hours: number): string =>
  `${instant} + toIntervalMillisecond(toInt64(cityHash64(number, '${salt}') % ${hours * HOUR}))`;
