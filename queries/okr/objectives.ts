import type { Store } from '../../ingest/ports.ts';
import { type KeyResultDefinition, keyResultDefinition } from '../../ingest/workspace/objectives.ts';
import type { Asking } from '../ask.ts';
import { readDefinitions } from '../definitions.ts';
import { answerKeyResult, type KeyResult, type Period } from './key-result.ts';
import { type Grade, gradeOf, objectiveScore, shownScore } from './score.ts';

/** An objective as `GET /v1/objectives` answers it. */
export interface Objective {
  readonly objective: string;
  readonly title: string;
  readonly owner: string | null;
  readonly kind: 'committed' | 'aspirational';
  /** The objective it serves, whose score it does not enter. */
  readonly serves: string | null;
  readonly period: Period;
  /** Weighted mean of the scored key results; null if none is scored. */
  readonly score: number | null;
  readonly score_shown: number | null;
  readonly grade: Grade | null;
  /** What a good score is: all of a committed objective, about 0.7 of an aspirational one. */
  readonly expects: number;
  /** `2 of 3`. */
  readonly scored: string;
  /** True if a key result has no score. */
  readonly is_incomplete: boolean;
  readonly key_results: readonly KeyResult[];
}

interface Defined {
  readonly id: string;
  readonly objective: string;
  readonly definition: KeyResultDefinition;
}

/** Every objective as it was defined and stood at `asOf`, with its key results. */
export async function answerObjectives(store: Store, asking: Asking): Promise<readonly Objective[]> {
  const [objectives, keyResults] = await readPlans(store, asking);
  const answered: Objective[] = [];
  for (const data of objectives) {
    const period = periodOf(data);
    const parts: KeyResult[] = [];
    for (const { id, objective, definition } of belonging(data, keyResults))
      parts.push(await answerKeyResult(asking, id, objective, definition, period));
    const { score, scored, of } = objectiveScore(parts);
    answered.push({
      objective: String(data.objective),
      title: String(data.title),
      owner: textOf(data.owner),
      kind: data.kind === 'committed' ? 'committed' : 'aspirational',
      serves: textOf(data.serves),
      period,
      score,
      score_shown: score === null ? null : shownScore(score),
      grade: score === null ? null : gradeOf(score),
      expects: data.kind === 'committed' ? 1 : 0.7,
      scored: `${scored} of ${of}`,
      is_incomplete: scored < of,
      key_results: parts,
    });
  }
  return answered;
}

/** One key result; null if none of that id belonged to an objective at `asOf`. */
export async function findKeyResult(store: Store, asking: Asking, id: string): Promise<KeyResult | null> {
  const [objectives, keyResults] = await readPlans(store, asking);
  for (const data of objectives) {
    const found = belonging(data, keyResults).find((one) => one.id.toLowerCase() === id.toLowerCase());
    if (found) return answerKeyResult(asking, found.id, found.objective, found.definition, periodOf(data));
  }
  return null;
}

type Data = Readonly<Record<string, unknown>>;

async function readPlans(store: Store, { asOf, now }: Asking): Promise<[readonly Data[], readonly Defined[]]> {
  const [objectives, keyResults] = await Promise.all([
    readDefinitions(store, 'objective.defined', asOf, now),
    readDefinitions(store, 'keyresult.defined', asOf, now),
  ]);
  const read = keyResults.flatMap((data): Defined[] => {
    // One that a sender stated in another form cannot be measured, and is not shown.
    const parsed = keyResultDefinition.safeParse(data.definition);
    if (!parsed.success) return [];
    return [{ id: String(data.key_result), objective: String(data.objective), definition: parsed.data }];
  });
  return [objectives, read];
}

/** The key results of an objective, in its own order if it lists them. */
function belonging(data: Data, all: readonly Defined[]): readonly Defined[] {
  const own = all.filter((one) => one.objective.toLowerCase() === String(data.objective).toLowerCase());
  const listed = Array.isArray(data.key_results) ? data.key_results.map((name) => String(name).toLowerCase()) : [];
  if (listed.length === 0) return own;
  return listed.flatMap((name) => own.find((one) => one.id.toLowerCase() === name) ?? []);
}

function periodOf(data: Data): Period {
  return { start: String(data.period_start), end: String(data.period_end) };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
