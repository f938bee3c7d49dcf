/**
 * One step of a fold: a SELECT over the events in scope and the layers before it, filled as a table of its own, because a
 * CTE is analysed once per use and all layers in one statement plan ten times slower than they run.
 */
export interface Layer {
  readonly name: string;
  /**
   * Whose rows its rows are made from: without a row in any of these, it has none and need not be asked. Layers before it, or
   * facts of a kind (`team.defined`) or of a family of kinds (`change.*`).
   */
  readonly rowsOf?: readonly string[];
  /** Its columns with their types, where they are declared: of a layer without rows nothing is planned then. */
  readonly columns?: Readonly<Record<string, string>>;
  /** `table` gives the name of an earlier layer's table; `facts` is the first. */
  readonly sql: (table: (layer: string) => string) => string;
}
