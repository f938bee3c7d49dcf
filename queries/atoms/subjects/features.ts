import { dimensionColumns, maybeTime, receiptColumns, time } from '../atom.ts';
import { latest, text } from '../sql.ts';
import { owned } from './owned.ts';
import type { SubjectKind } from './subject.ts';

/** A work item with when it was first committed, each release and its last done (metrics.md §4.3, §4.4). */
const featuresSql = (table: (layer: string) => string): string => {
  const released = "type = 'feature.released'";
  const releases = `arraySort(groupArrayIf((occurred_at, ifNull(data.audience_share::Nullable(Float64), 1)), ${released}))`;
  return owned(
    `SELECT entity AS subject, any(${text('feature')}) AS feature, feature AS atom_id, ${latest(text('title'))} AS title, ${latest(text('url'))} AS url,
      ${latest(text('service_id'))} AS stated_service, ${latest(text('team'))} AS stated_team, ${latest(text('kind'))} AS stated_kind,
      if(stated_kind = '', 'feature', stated_kind) AS kind,
      if(countIf(type = 'feature.committed') = 0, NULL, toNullable(minIf(occurred_at, type = 'feature.committed'))) AS committed_at,
      if(countIf(type = 'feature.done') = 0, NULL, toNullable(maxIf(occurred_at, type = 'feature.done'))) AS done_at,
      ${releases} AS releases, arrayMap(r -> r.1, releases) AS release_ats, arrayMap(r -> r.2, releases) AS release_shares,
      coalesce(done_at, max(occurred_at)) AS owned_at, if(kind = 'feature', '', kind) AS excluded,
      arraySort(groupUniqArray(id)) AS event_ids, arraySort(arrayFilter(x -> x != '', groupUniqArray(delivery_id))) AS delivery_ids
    FROM ${table('facts')} WHERE type IN ('feature.committed', 'feature.released', 'feature.done') GROUP BY entity`,
    'owned_at',
    table,
  );
};

/** Work items, features and others. */
export const features: SubjectKind = {
  name: 'features',
  description: 'one work item, committed, released and done or not yet',
  types: ['feature.committed', 'feature.released', 'feature.done'],
  definitions: ['service.defined'],
  columns: {
    subject: 'String',
    atom_id: 'String',
    service: 'LowCardinality(String)',
    feature: 'String',
    title: 'String',
    url: 'String',
    /** feature bug chore */
    kind: 'LowCardinality(String)',
    /** When it was first committed. */
    committed_at: maybeTime,
    /** When it was last done. */
    done_at: maybeTime,
    /** When it was released, in order, and to which share of its audience each time. */
    release_ats: `Array(${time})`,
    release_shares: 'Array(Float64)',
    /** bug chore, or empty. */
    excluded: 'LowCardinality(String)',
    ...dimensionColumns,
    ...receiptColumns,
  },
  sql: featuresSql,
};
