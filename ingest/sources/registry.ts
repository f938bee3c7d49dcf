import { argocd } from './argocd.ts';
import { github } from './github.ts';
import { pagerduty } from './pagerduty.ts';
import type { Source } from './source.ts';

/** Every sender that has a hook of its own. A new one is its file and a line here. */
export const sources: readonly Source[] = [github, argocd, pagerduty];

const byName: ReadonlyMap<string, Source> = new Map(sources.map((source) => [source.name, source]));

/** The source behind `/hooks/{name}`, or undefined. */
export function findSource(name: string): Source | undefined {
  return byName.get(name);
}
