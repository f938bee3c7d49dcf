/** Where to read each atom kind: an SQL table expression, such as `rollouts FINAL` or the name of a filled past. */
export type AtomTables = Readonly<
  Record<'rollouts' | 'changes' | 'incidents' | 'service_spans' | 'source_spans' | 'adoptions' | 'answers', string>
>;

/**
 * Lends the atoms as they are now (`asOf` null) or as they were known at a past instant; what was filled for the past is
 * let go when `use` has settled.
 */
export type WithAtoms = <T>(asOf: string | null, use: (tables: AtomTables) => Promise<T>) => Promise<T>;
