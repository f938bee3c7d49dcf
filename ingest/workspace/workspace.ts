import type { z } from 'zod';
import { parseData } from '../event.ts';
import { type CustomDefinition, readCustomSource } from '../sources/custom/definition.ts';
import { calendarsSchema } from './calendars.ts';
import { type CatalogEntity, readEntity } from './catalog.ts';
import { costsSchema } from './costs.ts';
import { type Definition, entityOf } from './definition.ts';
import { check, type Problem, readDocuments, type WorkspaceFile, type YamlDocument } from './document.ts';
import { environmentsSchema, type MetricOptions, metricsSchema, peopleSchema, platformSchema } from './organisation.ts';
import { ruleText } from './rollout-rule.ts';

/** What a folder of YAML says about an organisation. */
export interface Workspace {
  readonly definitions: readonly Definition[];
  readonly metricOptions: MetricOptions;
  /** Senders of one's own, taught by `sources/*.yaml`. */
  readonly sources: readonly CustomDefinition[];
}

/** What one document states, and what is wrong with it. */
export interface Reading {
  readonly definitions: readonly Definition[];
  readonly problems: readonly Problem[];
}

/** Reads a document of a folder that others own, `objectives/`. Pure; never throws for bad input. */
export type DocumentReader = (document: YamlDocument, timezone: string) => Reading;

/** Reads a whole folder, `slos/`, whose documents refer to each other: what each states, in their order. Likewise pure. */
export type FolderReader = (documents: readonly YamlDocument[], timezone: string) => readonly Reading[];

export interface WorkspaceOptions {
  /** Zone in which a bare date begins: the reporting zone. */
  readonly timezone: string;
  /** Readers by folder. Without one, a folder's files are only held to be YAML. */
  readonly readers?: { readonly objectives?: DocumentReader; readonly slos?: FolderReader };
}

/**
 * Reads a workspace. Either all of it is right, or every problem of every file is returned at once, by file and line.
 * Names are checked across files: duplicates, owners, systems, domains and teams that nobody defines.
 */
export function readWorkspace(
  files: readonly WorkspaceFile[],
  options: WorkspaceOptions,
): { ok: true; workspace: Workspace } | { ok: false; problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const stated: Stated[] = [];
  const entities: CatalogEntity[] = [];
  let metricOptions: MetricOptions = {};
  const sources: CustomDefinition[] = [];
  const slos: YamlDocument[] = [];

  const sections: Record<string, (timezone: string) => z.ZodType<Definition[]>> = {
    calendars: calendarsSchema,
    costs: costsSchema,
    environments: environmentsSchema,
    people: peopleSchema,
    platform: platformSchema,
  };
  for (const file of [...files].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const [top = '', ...rest] = file.path.split('/');
    const section = rest.length > 0 ? top : top.replace(/\.ya?ml$/, '');
    if (section === 'surveys' || section === 'roadmap') continue;
    const read = readDocuments(file);
    problems.push(...read.problems);
    for (const document of read.documents) {
      if (rest.length > 0 && section === 'catalog') {
        const found = readEntity(document, options.timezone);
        problems.push(...found.problems);
        if (found.entity) entities.push(found.entity);
      } else if (rest.length > 0 && section === 'slos') {
        slos.push(document);
      } else if (rest.length > 0 && section === 'objectives') {
        const found = options.readers?.objectives?.(document, options.timezone);
        problems.push(...(found?.problems ?? []));
        stated.push(...(found?.definitions ?? []).map((definition) => ({ definition, document })));
      } else if (rest.length > 0 && section === 'sources') {
        const found = readCustomSource(document);
        problems.push(...found.problems);
        if (found.definition && sources.some(({ name }) => name === found.definition?.name)) {
          problems.push({
            file: file.path,
            line: 1,
            message: `the source '${found.definition.name}' is defined twice`,
          });
        } else if (found.definition) sources.push(found.definition);
      } else if (rest.length === 0 && Object.hasOwn(sections, section)) {
        const found = check(document, sections[section]!(options.timezone));
        problems.push(...found.problems);
        stated.push(...(found.data ?? []).map((definition) => ({ definition, document })));
      } else if (rest.length === 0 && section === 'metrics') {
        const found = check(document, metricsSchema);
        problems.push(...found.problems);
        metricOptions = { ...metricOptions, ...found.data };
      } else if (rest.length === 0) {
        problems.push({ file: file.path, line: 1, message: `'${file.path}' is not a file that a workspace has` });
      }
    }
  }

  for (const [index, found] of (options.readers?.slos?.(slos, options.timezone) ?? []).entries()) {
    problems.push(...found.problems);
    stated.push(...found.definitions.map((definition) => ({ definition, document: slos[index]! })));
  }
  for (const entity of entities) {
    if (entity.definition) stated.push({ definition: entity.definition, document: entity.document });
  }
  problems.push(
    ...catalogProblems(entities),
    ...calendarProblems(stated),
    ...shareProblems(stated, entities),
    ...definitionProblems(stated, entities),
  );
  if (problems.length > 0) {
    problems.sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
    return { ok: false, problems };
  }
  return { ok: true, workspace: { definitions: stated.map(({ definition }) => definition), metricOptions, sources } };
}

interface Stated {
  readonly definition: Definition;
  readonly document: YamlDocument;
}

function catalogProblems(entities: readonly CatalogEntity[]): Problem[] {
  const problems: Problem[] = [];
  const seen = new Map<string, CatalogEntity>();
  for (const entity of entities) {
    const key = `${entity.kind}:${entity.name.toLowerCase()}`;
    const first = seen.get(key);
    if (first) {
      const there = `${first.document.file}:${first.document.lineOf(['metadata', 'name'])}`;
      problems.push({
        file: entity.document.file,
        line: entity.document.lineOf(['metadata', 'name']),
        message: `${entity.kind} '${entity.name}' is already defined in ${there}`,
      });
    } else seen.set(key, entity);
  }
  for (const entity of entities) {
    for (const { kind, name, path } of entity.references) {
      if (seen.has(`${kind}:${name.toLowerCase()}`)) continue;
      problems.push({
        file: entity.document.file,
        line: entity.document.lineOf(path),
        message: `${path.join('.')}: no ${kind} is called '${name}'`,
      });
    }
  }
  return problems;
}

/** Teams that name a calendar which no file defines. */
function calendarProblems(stated: readonly Stated[]): Problem[] {
  const calendars = new Set(
    stated.flatMap(({ definition }) =>
      definition.type === 'calendar.defined' ? [definition.data.calendar.toLowerCase()] : [],
    ),
  );
  return stated.flatMap(({ definition, document }) => {
    const calendar = definition.type === 'team.defined' ? definition.data.calendar : undefined;
    if (calendar === undefined || calendars.has(calendar.toLowerCase())) return [];
    const part = ['annotations', 'labels'].find((one) => document.lineOfKey(['metadata', one], CALENDAR) > 1);
    const line = document.lineOfKey(['metadata', part ?? 'annotations'], CALENDAR);
    return [{ file: document.file, line, message: `${CALENDAR}: no calendar has the id '${calendar}'` }];
  });
}

/** Shares of cost of services that the catalog does not define. */
function shareProblems(stated: readonly Stated[], entities: readonly CatalogEntity[]): Problem[] {
  const services = new Set(entities.filter(({ kind }) => kind === 'Component').map(({ name }) => name.toLowerCase()));
  return stated.flatMap(({ definition, document }) =>
    (definition.type === 'money.defined' ? definition.data.shares : []).flatMap(({ service_id }, index) => {
      if (services.has(service_id.toLowerCase())) return [];
      const line = document.lineOf(['shares', index]);
      return [{ file: document.file, line, message: `shares: no Component is called '${service_id}'` }];
    }),
  );
}

const CALENDAR = 'headway.dev/calendar';

/** What the vocabulary refuses, people of unknown teams, and entities defined twice outside the catalog. */
function definitionProblems(stated: readonly Stated[], entities: readonly CatalogEntity[]): Problem[] {
  const problems: Problem[] = [];
  const teams = new Set(entities.filter(({ kind }) => kind === 'Group').map(({ name }) => name.toLowerCase()));
  const seen = new Set<string>();
  const accounts = new Map<string, string>();
  const inCatalog = new Set(entities.map(({ definition }) => definition));
  for (const { definition, document } of stated) {
    const entity = entityOf(definition.type, definition.data);
    const line = lineOfDefinition(definition, document);
    const problem = (message: string) => problems.push({ file: document.file, line, message });
    const parsed = parseData(definition.type, definition.data);
    for (const { field, problem: message } of parsed.ok ? [] : parsed.problems) {
      problem(`${entity}: ${field.replace(/^data\./, '')} ${message}`);
    }
    if (!inCatalog.has(definition)) {
      if (seen.has(entity)) problem(`${entity} is defined twice`);
      seen.add(entity);
    }
    if (definition.type !== 'person.defined') continue;
    const { team, person, identities } = definition.data;
    if (team !== undefined && !teams.has(team.toLowerCase())) {
      problem(`${entity}: no Group is called '${team}'`);
    }
    for (const identity of new Set(identities.map((account) => account.toLowerCase()))) {
      const holder = accounts.get(identity);
      if (holder !== undefined) problem(`${entity}: the identity '${identity}' already belongs to '${holder}'`);
      accounts.set(identity, person);
    }
  }
  return problems;
}

/** A list's entry stands on its own line: found again by its name. */
function lineOfDefinition(definition: Definition, document: YamlDocument): number {
  const value = document.value as Record<string, unknown>;
  if (definition.type === 'rollout_rule.defined' && Array.isArray(value.rollouts)) {
    const index = value.rollouts.findLastIndex((entry) => ruleText(entry) === definition.data.rule);
    return document.lineOf(['rollouts', index]);
  }
  for (const [list, field] of [
    ['calendars', 'id'],
    ['environments', 'name'],
    ['people', 'person'],
    ['bots', 'person'],
  ] as const) {
    const entries = value[list];
    if (!Array.isArray(entries)) continue;
    const data = definition.data as Record<string, unknown>;
    const wanted = field === 'id' ? data.calendar : data[field];
    // Of two entries of one name the later is the one to complain of.
    const index = entries.findLastIndex((entry) => (entry as Record<string, unknown>)?.[field] === wanted);
    if (index >= 0) return document.lineOf([list, index]);
  }
  return document.lineOf([]);
}
