/** Snippets that read the JSON of an event in SQL, each total: what is absent is empty, null or false, never an error. */

export const EPOCH = "toDateTime64('1900-01-01 00:00:00', 3, 'UTC')";
export const FAR = "toDateTime64('2299-12-31 00:00:00', 3, 'UTC')";
export const UNASSIGNED = '(unassigned)';

/** Condition of the events that were known at the parameter `known` (UTC ISO; null: now). */
export const KNOWN =
  "({known:Nullable(String)} IS NULL OR recorded_at <= parseDateTime64BestEffort(ifNull({known:Nullable(String)}, '1970-01-01'), 3, 'UTC'))";

/** Text, empty if absent. */
export const text = (path: string): string => `data.${path}::String`;
/** Text in lower case, as names compare. */
export const nameOf = (path: string): string => `lower(${text(path)})`;
/** `''` unknown, `'true'`, `'false'`. */
export const flag = (path: string): string => text(path);
/** Instant, null if absent or unreadable. */
export const instantOf = (path: string): string => `parseDateTime64BestEffortOrNull(${text(path)}, 3, 'UTC')`;
/** Array of texts, empty if absent. */
export const texts = (path: string): string => `data.${path}::Array(String)`;

/** The commits of an event as an array of named tuples ({@link COMMIT}); authored_at null if unreadable. */
export const commitsOf = (path = 'commits'): string => {
  const at = (key: string) => `data.${path}[].${key}`;
  return `arrayMap((sha, authored_at, parents, message, kind, author, revert_of, pick, patch, fixes, paths) ->
    CAST((
      lower(sha::String),
      parseDateTime64BestEffortOrNull(authored_at::String, 3, 'UTC'),
      if(length(parents::Array(String)) > 0, length(parents::Array(String)) > 1,
        match(message::String, '^Merge (branch|remote-tracking branch|pull request)')),
      kind::String = 'bot' OR endsWith(lower(author::String), '[bot]'),
      author::String,
      revert_of::String,
      pick::String,
      patch::String,
      fixes::String,
      paths::Array(String),
      if(length(parents::Array(String)) > 0, lower((parents::Array(String))[1]), '')
    ), '${COMMIT}'),
    ${at('sha')}, ${at('authored_at')}, ${at('parents')}, ${at('message')}, ${at('author_kind')}, ${at('author')},
    ${at('revert_of')}, ${at('cherry_pick_of')}, ${at('patch_id')}, ${at('fixes_incident')}, ${at('paths')})`;
};

export const COMMIT =
  "Tuple(sha String, authored_at Nullable(DateTime64(3, \\'UTC\\')), is_merge Bool, is_bot Bool, author String, revert_of String, cherry_pick_of String, patch_id String, fixes_incident String, paths Array(String), parent String)";

/** Latest stated value of a text field: the greatest (occurred_at, id) of the events that state it (R2). */
export const latest = (value: string, stated = `${value} != ''`): string =>
  `argMaxIf(${value}, (occurred_at, id), ${stated})`;

/** A corrected field beats every reported one (R3); `corrections` is a map from {@link correctionsOf}. */
export const corrected = (field: string, reported: string): string =>
  `if(mapContains(corrections, '${field}'), corrections['${field}'], ${reported})`;
export const correctedInstant = (field: string, reported: string): string =>
  `if(mapContains(corrections, '${field}'), parseDateTime64BestEffortOrNull(corrections['${field}'], 3, 'UTC'), ${reported})`;

const unquote = (json: string): string =>
  `if(startsWith(${json}, '"'), JSONExtractString(${json}), if(${json} = 'null', '', ${json}))`;

/** Per entity, the latest correction of each field as a map from field to its text, JSON where it is a list (R3). */
export const correctionsOf = (facts: string, type: string): string => `
  SELECT entity, mapFromArrays(groupArray(field), groupArray(${unquote('value')})) AS corrections,
    groupUniqArrayArray(event_ids) AS correction_event_ids, groupUniqArrayArray(delivery_ids) AS correction_delivery_ids
  FROM (
    SELECT entity, ${text('field')} AS field, argMax(ifNull(toJSONString(data.value), 'null'), (occurred_at, id)) AS value,
      groupArray(id) AS event_ids, groupArray(delivery_id) AS delivery_ids
    FROM ${facts} WHERE type = '${type}' GROUP BY entity, field
  ) GROUP BY entity`;

/**
 * Glob of a catalog path as an anchored RE2 expression: `**` crosses folders, `*` and `?` do not, a path without any of them
 * covers itself and all below it.
 */
export const globToRegex = (glob: string): string => {
  const plain = `replaceRegexpOne(replaceRegexpOne(${glob}, '^[.]?/', ''), '/$', '')`;
  const wild = [
    [`'\\\\*\\\\*/'`, `'\\x01'`],
    [`'\\\\*\\\\*'`, `'\\x02'`],
    [`'\\\\*'`, `'[^/]*'`],
    [`'\\\\?'`, `'[^/]'`],
    [`'\\x01'`, `'(?:.*/)?'`],
    [`'\\x02'`, `'.*'`],
  ].reduce((sql, [from, to]) => `replaceAll(${sql}, ${from}, ${to})`, `regexpQuoteMeta(${plain})`);
  return `concat('^', ${wild}, if(match(${glob}, '[*?]'), '$', '(/.*)?$'))`;
};
