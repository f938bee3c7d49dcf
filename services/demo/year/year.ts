import type { Definition } from '../../../ingest/workspace/definition.ts';
import { startBusiness } from './business.ts';
import { startChanges } from './changes.ts';
import { startHelp } from './help.ts';
import { startMishaps } from './incidents.ts';
import { startMaintenance } from './maintenance.ts';
import { startNewcomers } from './newcomers.ts';
import { organisationOf } from './organisation.ts';
import { startPortal } from './portal.ts';
import { startReports } from './reports.ts';
import { startReleases } from './rollouts.ts';
import { type DemoDelivery, run } from './simulation.ts';
import { type Story, storyOf } from './story.ts';
import { makeWorld } from './world.ts';

/** What a year follows from. */
export interface YearOptions {
  readonly seed: string;
  /** UTC ISO; the year is the 365 days before it. */
  readonly end: string;
  /** What the workspace defines: the cast. */
  readonly definitions: readonly Definition[];
  /** Whether people comment in surveys too; absent: they do not. */
  readonly comments?: boolean | undefined;
}

/**
 * A year of an organisation as its tools would report it: requests in order of their receipt, in the senders' own formats,
 * unsigned. A pure function of its options; made as it is read, in memory for what is under way only.
 * Throws if the workspace has no team with people and services, or no production environment.
 */
export function* syntheticYear(options: YearOptions): Generator<DemoDelivery> {
  const organisation = organisationOf(options.definitions);
  const story = storyOf(organisation, Date.parse(options.end));
  yield* run({ seed: options.seed, start: story.start, end: story.end }, (simulation) => {
    const world = makeWorld(simulation, organisation, story);
    startReports(world, options.comments === true);
    startReleases(world);
    startChanges(world);
    startMishaps(world);
    startPortal(world);
    startBusiness(world);
    startHelp(world);
    startNewcomers(world);
    startMaintenance(world);
  });
}

/** What is planted in the year: for those who check that the numbers show it. */
export function storyOfYear(options: YearOptions): Story {
  return storyOf(organisationOf(options.definitions), Date.parse(options.end));
}
