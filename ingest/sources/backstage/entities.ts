import type { Fact } from '../../event.ts';
import { readEntity } from '../../workspace/catalog.ts';
import { entityOf } from '../../workspace/definition.ts';
import type { YamlDocument } from '../../workspace/document.ts';
import { snapshot } from '../shape.ts';

const read = new Set(['Component', 'Group']);

/**
 * What catalog entities, as Backstage's API answers them, say of ownership: one definition for each Component and Group,
 * read as the workspace's catalog is. It holds from `headway.dev/since`, else from `observedAt`; bare dates are in UTC.
 * Keys that only Backstage knows are passed over; a Component or Group without a name or an owner is a problem.
 */
export function entityFacts(
  entities: readonly { readonly kind: string }[],
  observedAt: string,
): { readonly facts: readonly Fact[] } | { readonly problem: string } {
  const facts: Fact[] = [];
  for (const [index, entity] of entities.entries()) {
    if (!read.has(entity.kind)) continue;
    const { entity: found, problems } = readEntity(asDocument(entity), 'UTC');
    const definition = found?.definition;
    if (definition?.type === 'service.defined') {
      const key = entityOf(definition.type, definition.data);
      facts.push(snapshot('service.defined', definition.since ?? observedAt, [key], definition.data));
    } else if (definition?.type === 'team.defined') {
      const key = entityOf(definition.type, definition.data);
      facts.push(snapshot('team.defined', definition.since ?? observedAt, [key], definition.data));
    } else {
      const problem = problems.find(({ message }) => !/unknown key/.test(message));
      return { problem: `entities.${index}: ${problem?.message ?? 'cannot be read'}` };
    }
  }
  return { facts };
}

/** An entity that came as JSON has no lines. */
function asDocument(value: unknown): YamlDocument {
  return { file: '', value, lineOf: () => 1, lineOfKey: () => 1 };
}
