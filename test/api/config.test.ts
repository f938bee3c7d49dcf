import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { printable, prometheusTokenVariable, type Role, readConfig, secretVariable } from '../../services/config.ts';
import { createToken } from '../../services/tokens.ts';
import { temporaryFolder } from './start.ts';

const dir = temporaryFolder();
const tokens = join(dir, 'tokens.yaml');
writeFileSync(tokens, stringify({ tokens: [createToken('test', ['read']).record] }));

const read = (env: Record<string, string>, role: Role = 'all') =>
  readConfig({ env, role, sources: ['github', 'incident-io'] });
const problemsOf = (env: Record<string, string>, role: Role = 'all') => {
  const result = read(env, role);
  return result.ok ? [] : result.problems.map(({ name }) => name).sort();
};

describe('the configuration', () => {
  it('has a default for everything', () => {
    const result = read({});
    expect(result).toMatchObject({
      ok: true,
      warnings: [],
      config: { host: '127.0.0.1', port: 8080, loopback: true, timezone: 'UTC', tokens: null, rateLimit: null },
    });
  });

  it('reports every problem at once, by name, and no value', () => {
    const env = {
      HEADWAY_PORT: '99999',
      HEADWAY_TIMEZONE: 'Mars/Base',
      HEADWAY_FISCAL_START_MONTH: '13',
      HEADWAY_KAFKA_BROKERS: 'kafka',
      HEADWAY_CLICKHOUSE_URL: 'ftp://user:hunter2@host',
      HEADWAY_WORKSPACE: join(dir, 'nowhere'),
      HEADWAY_SECRET_GITLAB: 'hunter2',
      HEADWAY_SECRET_GITHUB: 'hunter2,,hunter3',
      HEADWAY_TOKENS_FILE: join(dir, 'none.yaml'),
    };
    expect(problemsOf(env)).toEqual(Object.keys(env).sort());
    expect(JSON.stringify(read(env))).not.toMatch(/hunter/);
  });

  it('refuses to be reached from elsewhere without tokens and secrets, saying which', () => {
    expect(problemsOf({ HEADWAY_HOST: '0.0.0.0' })).toEqual(['HEADWAY_SECRET_<SOURCE>', 'HEADWAY_TOKENS_FILE']);
    expect(problemsOf({ HEADWAY_HOST: '0.0.0.0', HEADWAY_TOKENS_FILE: tokens })).toEqual(['HEADWAY_SECRET_<SOURCE>']);
    const set = { HEADWAY_HOST: '0.0.0.0', HEADWAY_TOKENS_FILE: tokens, HEADWAY_SECRET_GITHUB: 'x' };
    expect(read(set)).toMatchObject({ ok: true, config: { loopback: false, rateLimit: 30_000 } });
    for (const host of ['127.0.0.1', '127.8.0.1', 'localhost', '::1'])
      expect(problemsOf({ HEADWAY_HOST: host })).toEqual([]);
    for (const host of ['127.0.0.1.example.org', '::', '10.0.0.1'])
      expect(problemsOf({ HEADWAY_HOST: host })).not.toEqual([]);
  });

  it('asks each role for what it stands on', () => {
    expect(problemsOf({}, 'gateway')).toEqual(['HEADWAY_KAFKA_BROKERS']);
    expect(problemsOf({}, 'worker')).toEqual(['HEADWAY_CLICKHOUSE_URL', 'HEADWAY_KAFKA_BROKERS']);
  });

  it('takes several secrets of a source and shows none of them', () => {
    expect(secretVariable('incident-io')).toBe('HEADWAY_SECRET_INCIDENT_IO');
    const result = read({
      HEADWAY_SECRET_INCIDENT_IO: 'hunter2, hunter3',
      HEADWAY_CLICKHOUSE_URL: 'http://user:hunter4@clickhouse:8123',
      HEADWAY_TOKENS_FILE: tokens,
    });
    if (!result.ok) throw new Error('must be valid');
    expect(result.config.secrets.get('incident-io')).toEqual(['hunter2', 'hunter3']);
    const shown = JSON.stringify(printable(result.config));
    expect(shown).toContain('2 set');
    expect(shown).toContain('clickhouse:8123');
    expect(shown).not.toMatch(/hunter|sha256/);
  });

  it('explains what Kubernetes does to HEADWAY_PORT, and mentions settings that it does not know', () => {
    const result = read({ HEADWAY_PORT: 'tcp://10.0.0.1:8080' });
    expect(result.ok ? '' : result.problems[0]?.problem).toMatch(/enableServiceLinks/);
    expect(read({ HEADWAY_PROT: '1' })).toMatchObject({ ok: true, warnings: [{ name: 'HEADWAY_PROT' }] });
  });

  it('says what is wrong with a tokens file, by place', () => {
    const wrong = join(dir, 'wrong.yaml');
    writeFileSync(wrong, stringify({ tokens: [{ name: 'x', scopes: ['write'], hash: 'hunter2' }] }));
    const result = read({ HEADWAY_TOKENS_FILE: wrong });
    const problems = result.ok ? [] : result.problems.map(({ problem }) => problem);
    expect(problems).toEqual([expect.stringMatching(/^tokens\.0\.scopes/), expect.stringMatching(/^tokens\.0\.hash/)]);
    expect(problems.join()).not.toContain('hunter2');
  });

  it('takes tokens for Prometheus that a header can carry, and never shows one', () => {
    const result = read({ HEADWAY_PROMETHEUS_TOKEN_MAIN_1: 'hunter2' });
    if (!result.ok) throw new Error(JSON.stringify(result.problems));
    expect(result.warnings).toEqual([]);
    expect(result.config.prometheusTokens.get(prometheusTokenVariable('main-1'))).toBe('hunter2');
    const shown = JSON.stringify(printable(result.config));
    expect(shown).toContain('HEADWAY_PROMETHEUS_TOKEN_MAIN_1');
    expect(shown).not.toContain('hunter2');
    const wrong = read({ HEADWAY_PROMETHEUS_TOKEN_MAIN: 'hunter2\nx: y' });
    expect(wrong).toMatchObject({ ok: false, problems: [{ name: 'HEADWAY_PROMETHEUS_TOKEN_MAIN' }] });
    expect(JSON.stringify(wrong)).not.toContain('hunter2');
  });
});
