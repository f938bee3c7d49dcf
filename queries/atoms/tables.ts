/** Names of the kinds of atoms: those of delivery, then those of subjects. */
export type AtomName =
  | 'rollouts'
  | 'changes'
  | 'incidents'
  | 'service_spans'
  | 'source_spans'
  | 'adoptions'
  | 'answers'
  | 'comments'
  | 'runs'
  | 'maintenances'
  | 'usages'
  | 'costs'
  | 'features'
  | 'priorities'
  | 'employments'
  | 'actions'
  | 'tickets'
  | 'searches'
  | 'tasks'
  | 'assignments'
  | 'identities'
  | 'newcomers'
  | 'onboardings'
  | 'requests';

/** Where to read each atom kind: an SQL table expression, such as `rollouts FINAL` or the name of a filled past. */
export type AtomTables = Readonly<Record<AtomName, string>>;

/**
 * Lends the atoms as they are now (`asOf` null) or as they were known at a past instant; what was filled for the past is
 * let go when `use` has settled. Of a past only the `kinds` that are asked for are folded: to read another one throws.
 */
export type WithAtoms = <T>(
  asOf: string | null,
  kinds: readonly AtomName[],
  use: (tables: AtomTables) => Promise<T>,
) => Promise<T>;
