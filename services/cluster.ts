/**
 * A statement as a ClickHouse cluster needs it: a table or view that is to stay is made on every server of the cluster, with
 * the engine that keeps its copies equal. Any other statement is left as it is: scratch tables live where they are asked for.
 */
export function onCluster(sql: string, cluster: string): string {
  return sql.replace(
    PERMANENT,
    (_, head: string, body: string, engine: string) =>
      `${head} ON CLUSTER \`${cluster.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\`${body}Replicated${engine}`,
  );
}

const PERMANENT =
  /^(\s*CREATE (?:TABLE|MATERIALIZED VIEW) IF NOT EXISTS \w+)([\s\S]*?\bENGINE = )((?:Replacing)?MergeTree\b)/;
