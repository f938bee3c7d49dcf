/** True where everything must hold and an hour may pass (`.ci/run`); a developer's `npm test` asks for less of the same. */
export const THOROUGH = process.env.HEADWAY_TEST_THOROUGH === '1';

/** How often to try something: what must hold, or a share of it. */
export const times = (whole: number, usual: number): number => (THOROUGH ? whole : usual);
