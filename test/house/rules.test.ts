import { describe, expect, it } from 'vitest';
import { variables } from '../../services/config.ts';
import { importsOf, sourceFiles } from './files.ts';

const layers = ['ingest', 'queries', 'dashboards', 'services'];
const product = sourceFiles(layers);
const everything = [...product, ...sourceFiles(['test'])];

describe('the house', () => {
  it('lets a folder import itself and those before it, and nothing else of the project', () => {
    const wrong = product.flatMap((file) => {
      const layer = layers.indexOf(file.path.split('/')[0]!);
      return importsOf(file)
        .filter((path) => path.endsWith('.ts'))
        .filter((path) => {
          const at = layers.indexOf(path.split('/')[0]!);
          return at === -1 || at > layer;
        })
        .map((path) => `${file.path} imports ${path}`);
    });
    expect(wrong).toEqual([]);
  });

  it('keeps the world out of everything but services', () => {
    const packages =
      /^(fastify|@fastify\/.*|kafkajs|@clickhouse\/client|chdb.*|lmdb|pino|prom-client|commander|cli-progress)$/;
    const builtin = /^node:(fs|net|http|https|http2|dgram|child_process|worker_threads|process)(\/.*)?$/;
    const uses =
      /\bprocess\.(env|argv|exit)\b|\bDate\.now\(\)|\bnew Date\(\)|\bMath\.random\(\)|\bperformance\.now\(\)|\bfetch\(/;
    const wrong = product
      .filter((file) => !file.path.startsWith('services/'))
      .flatMap((file) => [
        ...importsOf(file)
          .filter((name) => packages.test(name) || builtin.test(name))
          .map((name) => `${file.path} imports ${name}`),
        ...code(file.text)
          .filter((line) => uses.test(line))
          .map((line) => `${file.path}: ${line.trim()}`),
      ]);
    expect(wrong).toEqual([]);
  });

  it('keeps kafkajs, lmdb and ClickHouse behind their ports', () => {
    const only = (name: RegExp, allowed: RegExp) =>
      product
        .filter((file) => importsOf(file).some((specifier) => name.test(specifier)) && !allowed.test(file.path))
        .map((file) => file.path);
    expect(only(/^kafkajs$/, /^services\/log\//)).toEqual([]);
    expect(only(/^lmdb$/, /^services\/log\//)).toEqual([]);
    expect(only(/^(chdb|@clickhouse)/, /^services\/store\.ts$/)).toEqual([]);
  });

  it('keeps files short enough to read', () => {
    const long = everything
      .map((file) => ({ path: file.path, lines: file.text.split('\n').length - 1 }))
      .filter(({ lines }) => lines > 300);
    expect(long).toEqual([]);
  });

  it('leaves no half-done work and no test that is switched off', () => {
    const marks = new RegExp(['TO', 'DO|FIX', 'ME|X', 'XX'].join(''));
    const focus = new RegExp(
      ['\\b(it|test|describe)\\.(on', 'ly|to', 'do|fails)\\b|\\b(it|test|describe)\\.sk', 'ip\\('].join(''),
    );
    const wrong = everything.filter((file) => marks.test(file.text) || focus.test(file.text)).map((file) => file.path);
    expect(wrong).toEqual([]);
  });

  it('uses no name that says nothing', () => {
    const wrong = everything.filter((file) => /(^|\/)(utils?|helpers?|common|misc|index)(\.ts|\/)/.test(file.path));
    expect(wrong.map((file) => file.path)).toEqual([]);
  });

  it('describes every setting, and reads no other', () => {
    expect(variables.filter(({ text }) => text.length < 20)).toEqual([]);
    const named = new Set(
      product.flatMap(
        (file) =>
          code(file.text)
            .join('\n')
            .match(/HEADWAY_[A-Z_]*[A-Z]/g) ?? [],
      ),
    );
    const known = new Set(['HEADWAY_SECRET', 'HEADWAY_PROMETHEUS_TOKEN', ...variables.map(({ name }) => name)]);
    expect([...named].filter((name) => !known.has(name) && !name.startsWith('HEADWAY_SECRET_'))).toEqual([]);
  });
});

/** Lines that are code: comments say what they like. */
function code(text: string): string[] {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .split('\n')
    .map((line) => line.replace(/(^|\s)\/\/.*$/, ''));
}
