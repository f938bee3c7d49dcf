import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sources } from '../../ingest/sources/registry.ts';
import { optionsOf } from '../../queries/metric.ts';
import { metrics } from '../../queries/metrics/registry.ts';
import { generatedFiles } from '../../services/generated.ts';
import { root, sourceFiles } from './files.ts';

describe('the registries', () => {
  it.each(metrics.map((metric) => [metric.id, metric] as const))('%s is explained to people', (id, metric) => {
    expect(id).toMatch(/^[a-z]+\.[a-z_]+$/);
    expect(metric.question).toMatch(/\?$/);
    expect(metric.description.length).toBeGreaterThan(60);
    expect(metric.feeds.length).toBeGreaterThan(0);
    expect(metric.examples.length, 'worked examples').toBeGreaterThan(0);
    for (const example of metric.examples) expect(example.id).toMatch(/^EX-[A-Z0-9-]+$/);
    for (const [name, spec] of Object.entries(optionsOf(metric))) expect(spec.text.length, name).toBeGreaterThan(15);
    expect(existsSync(join(root, 'queries/metrics', `${id.replaceAll(/[._]/g, '-')}.ts`)), 'one file').toBe(true);
  });

  it.each(sources.map((source) => [source.name, source] as const))('%s says how to connect it', (name, source) => {
    expect(name).toMatch(/^[a-z][a-z-]*$/);
    expect(source.setup).toContain('{url}');
    expect(source.setup.split('\n').length).toBeGreaterThan(2);
    expect(source.setup).toMatch(/HEADWAY_SECRET_/);
    expect(source.events.length).toBeGreaterThan(0);
    expect(source.signature.length).toBeGreaterThan(15);
    expect(source.dedupe.length).toBeGreaterThan(15);
    expect(existsSync(join(root, 'ingest/sources', `${name}.ts`)), 'one file').toBe(true);
  });

  it('lists every metric that has a file', () => {
    const declared = sourceFiles(['queries/metrics']).flatMap((file) =>
      [...file.text.matchAll(/^ {2}id: '([a-z]+\.[a-z_]+)'/gm)].map((match) => match[1]!),
    );
    expect(metrics.map(({ id }) => id).sort()).toEqual(declared.sort());
  });

  it('has its generated files as they would be made now', () => {
    const stale = generatedFiles().filter(
      ({ path, text }) => !existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== text,
    );
    expect(
      stale.map(({ path }) => path),
      'run `npm run generate`',
    ).toEqual([]);
  });
});
