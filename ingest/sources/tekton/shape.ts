import { z } from 'zod';
import { name } from '../../vocabulary/commit.ts';
import { listOf, optionalInstant, optionalText } from '../shape.ts';

const named = listOf(z.object({ name: z.string().max(512), value: z.unknown().optional() }), 1000).nullish();
const keyed = z.record(z.string(), z.unknown()).nullish();
const reference = z.object({ name: optionalText() }).nullish();

/** A PipelineRun or a TaskRun, of Tekton's API v1 or v1beta1: the parts that are read. */
export const tektonRun = z.object({
  metadata: z.object({
    name,
    namespace: optionalText(),
    uid: name.max(128),
    creationTimestamp: optionalInstant,
    labels: keyed,
    annotations: keyed,
    ownerReferences: listOf(z.object({ kind: optionalText(), uid: optionalText(128) }), 100).nullish(),
  }),
  spec: z.object({ params: named, pipelineRef: reference, taskRef: reference }).nullish(),
  status: z
    .object({
      startTime: optionalInstant,
      completionTime: optionalInstant,
      conditions: listOf(
        z.object({
          type: optionalText(128),
          status: optionalText(16),
          reason: optionalText(128),
          lastTransitionTime: optionalInstant,
        }),
        100,
      ).nullish(),
      results: named,
      pipelineResults: named,
      taskResults: named,
      retriesStatus: listOf(z.unknown(), 1000).nullish(),
    })
    .nullish(),
});

/** {@link tektonRun}, read. */
export type TektonRun = z.output<typeof tektonRun>;
