/**
 * A statement as a ClickHouse cluster needs it: a table or view that is to stay is made on every server of the cluster, with
 * the engine that keeps its copies equal, and set up and removed on every one. Any other statement is left as it is: scratch tables live
 * where they are asked for.
 */
export function onCluster(sql: string, cluster: string): string {
  const everywhere = `ON CLUSTER \`${cluster.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``;
  return sql
    .replace(
      PERMANENT,
      (_, head: string, body: string, engine: string) => `${head} ${everywhere}${body}Replicated${engine}`,
    )
    .replace(REMOVAL, (_, head: string) => `${head} ${everywhere}`)
    .replace(SETTING, (_, head: string) => `${head} ${everywhere}`);
}

const PERMANENT =
  /^(\s*CREATE (?:TABLE|MATERIALIZED VIEW) IF NOT EXISTS \w+)([\s\S]*?\bENGINE = )((?:Replacing)?MergeTree\b)/;

/** A table of which another server keeps a copy would come back from there. */
const REMOVAL = /^(\s*DROP TABLE IF EXISTS (?!fold_)\w+)(?= SYNC$)/;

/** Settings of a table are each server's own. */
const SETTING = /^(\s*ALTER TABLE \w+)(?= MODIFY SETTING )/;
