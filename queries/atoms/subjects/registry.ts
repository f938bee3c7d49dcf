import { type AtomKind, deliveryKinds } from '../atom.ts';
import { actions } from './actions.ts';
import { answers } from './answers.ts';
import { assignments } from './assignments.ts';
import { comments } from './comments.ts';
import { costs } from './costs.ts';
import { employments } from './employments.ts';
import { features } from './features.ts';
import { identities } from './identities.ts';
import { maintenances } from './maintenances.ts';
import { newcomers } from './newcomers.ts';
import { onboardings } from './onboardings.ts';
import { priorities } from './priorities.ts';
import { requests } from './requests.ts';
import { runs } from './runs.ts';
import { searches } from './searches.ts';
import type { SubjectKind } from './subject.ts';
import { tasks } from './tasks.ts';
import { tickets } from './tickets.ts';
import { usages } from './usages.ts';

/** Every kind of atom of which each subject stands for itself. */
export const subjectKinds: readonly SubjectKind[] = [
  answers,
  comments,
  runs,
  maintenances,
  usages,
  costs,
  features,
  priorities,
  employments,
  actions,
  tickets,
  searches,
  tasks,
  assignments,
  identities,
  newcomers,
  onboardings,
  requests,
];

/** Every kind of atom there is. */
export const atomKinds: readonly AtomKind[] = [...deliveryKinds, ...subjectKinds];
