import { type AtomKind, deliveryKinds } from '../atom.ts';
import { actions } from './actions.ts';
import { answers } from './answers.ts';
import { runs } from './runs.ts';
import type { SubjectKind } from './subject.ts';

/** Every kind of atom of which each subject stands for itself. */
export const subjectKinds: readonly SubjectKind[] = [answers, runs, actions];

/** Every kind of atom there is. */
export const atomKinds: readonly AtomKind[] = [...deliveryKinds, ...subjectKinds];
