import type { EventType } from '../../../ingest/vocabulary/vocabulary.ts';
import type { AtomKind } from '../atom.ts';

/**
 * A kind of atom of which each subject stands for itself: a survey wave, a run, a ticket. Its atoms are made of the events
 * about the subject and of what the workspace defined, never of other subjects; what compares subjects is a metric's to ask.
 * One file per kind, one line in registry.ts, one name in ../tables.ts.
 */
export interface SubjectKind extends AtomKind {
  /** Kinds of event that it reads. What they are about ({@link entityKindOf}) are its subjects. */
  readonly types: readonly EventType[];
  /**
   * Kinds of definition that it reads as well, those of the layers of ../catalog.ts that `sql` names among them: one in a
   * batch makes all atoms of the kind anew.
   */
  readonly definitions: readonly EventType[];
  /**
   * The one SELECT that makes the columns of the kind, in any order and of any type that casts. `table('facts')` holds the
   * events of the subjects in question and the definitions, known and standing (R1, R3); the layers of ../catalog.ts can be
   * read by their names. `subject` must be the entity of the facts that the row is made of.
   */
  readonly sql: (table: (layer: string) => string) => string;
}
