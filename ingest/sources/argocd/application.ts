import { z } from 'zod';
import { instant } from '../../time.ts';
import { name } from '../../vocabulary/commit.ts';
import { listOf, optionalFlag, optionalInstant, optionalText } from '../shape.ts';

const gitOrChart = z.object({ repoURL: optionalText(2048), chart: optionalText() }).nullish();
const revisions = listOf(z.string().max(512), 100).nullish();
const sources = listOf(gitOrChart, 100).nullish();
const nothingOr = <T extends z.ZodType>(schema: T) => schema.nullish();
const keyed = nothingOr(z.record(z.string(), z.unknown()));

/** An Application of Argo CD: the parts that are read. */
export const application = z.object({
  metadata: z.object({
    name,
    namespace: optionalText(),
    uid: name.max(128),
    labels: keyed,
    annotations: keyed,
    ownerReferences: listOf(z.object({ kind: optionalText(), name: optionalText() }), 100).nullish(),
    deletionTimestamp: z.unknown().optional(),
  }),
  spec: nothingOr(
    z.object({
      destination: nothingOr(z.object({ name: optionalText(), namespace: optionalText(), server: optionalText(2048) })),
      source: gitOrChart,
      sources,
    }),
  ),
  status: nothingOr(
    z.object({
      operationState: nothingOr(
        z.object({
          phase: name,
          startedAt: instant,
          finishedAt: optionalInstant,
          syncResult: nothingOr(z.object({ revision: optionalText(), revisions, source: gitOrChart, sources })),
          operation: nothingOr(
            z.object({
              initiatedBy: nothingOr(z.object({ username: optionalText(), automated: optionalFlag })),
              sync: nothingOr(z.object({ revision: optionalText(), revisions })),
            }),
          ),
        }),
      ),
      health: nothingOr(z.object({ status: optionalText(), lastTransitionTime: optionalInstant })),
      summary: nothingOr(z.object({ images: listOf(z.string().max(1024), 2000).nullish() })),
    }),
  ),
});

/** {@link application}, read. */
export type Application = z.output<typeof application>;
/** What Argo CD did last, or is doing. */
export type Operation = NonNullable<NonNullable<Application['status']>['operationState']>;

/** Where manifests come from: a Git repository, or a chart of a Helm or OCI registry. */
export type GitOrChart = z.output<typeof gitOrChart>;
