import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { sources } from '../../ingest/sources/registry.ts';
import { type Role, readConfig, secretVariable, variables } from '../../services/config.ts';
import { createToken } from '../../services/tokens.ts';
import { composeText, outsideVariables, ROOT, readCompose } from './file.ts';

const env = {
  HEADWAY_TOKEN: 'a-token',
  CLICKHOUSE_PASSWORD: 'apassword',
  GRAFANA_ADMIN_PASSWORD: 'another',
};
const file = readCompose(env);
const ours = ['gateway', 'worker', 'api'] as const satisfies readonly Role[];

describe('docker-compose.yml', () => {
  it('refuses to start without its passwords and token, and names no others as needed', () => {
    for (const name of ['HEADWAY_TOKEN', 'CLICKHOUSE_PASSWORD', 'GRAFANA_ADMIN_PASSWORD']) {
      expect(() => readCompose({ ...env, [name]: '' })).toThrow(name);
    }
    const needed = outsideVariables(composeText()).filter(({ fallback }) => fallback === null);
    expect([...new Set(needed.map(({ name }) => name))].sort()).toEqual([
      'CLICKHOUSE_PASSWORD',
      'GRAFANA_ADMIN_PASSWORD',
      'HEADWAY_TOKEN',
    ]);
  });

  it('explains every variable that it takes from outside, and holds no secret itself', () => {
    const comments = composeText()
      .split('\n')
      .filter((line) => line.startsWith('#'))
      .join('\n');
    for (const { name, fallback } of outsideVariables(composeText())) {
      if (!name.endsWith('_PORT')) expect(comments).toContain(name);
      if (/TOKEN|SECRET|PASSWORD/.test(name)) expect(fallback ?? '').toBe('');
    }
  });

  it('names only settings that Headway has', () => {
    const known = new Set([...variables.map(({ name }) => name), ...sources.map(({ name }) => secretVariable(name))]);
    const named = composeText().match(/HEADWAY_[A-Z_]+/g) ?? [];
    expect(named.filter((name) => !known.has(name))).toEqual([]);
    expect(named.length).toBeGreaterThan(10);
  });

  it('gives each role a configuration that it starts with', () => {
    const directory = mkdtempSync(join(tmpdir(), 'headway-compose-'));
    const tokens = join(directory, 'tokens.yaml');
    writeFileSync(tokens, stringify({ tokens: [createToken('grafana', ['read']).record] }));
    for (const role of ours) {
      const { command, environment, env_file } = file.services[role]!;
      expect(command).toEqual(['serve', '--role', role]);
      expect(env_file).toBe(role === 'gateway' ? 'secrets.env' : undefined);
      const result = readConfig({
        role,
        sources: sources.map(({ name }) => name),
        env: {
          ...environment,
          ...(env_file === 'secrets.env' ? { HEADWAY_SECRET_GITHUB: 'a-secret' } : {}),
          HEADWAY_TOKENS_FILE: tokens,
          HEADWAY_WORKSPACE: join(ROOT, 'workspace'),
        },
      });
      if (!result.ok) expect.fail(`${role}: ${JSON.stringify(result.problems)}`);
      expect(result.warnings).toEqual([]);
      expect(result.config.loopback).toBe(false);
      expect(result.config.kafkaBrokers).toEqual(['kafka:9092']);
      if (role !== 'gateway') expect(new URL(result.config.clickhouseUrl!).pathname).toBe('/headway');
    }
    rmSync(directory, { recursive: true, force: true });
  });

  it('refers only to what it defines, and mounts only what is there', () => {
    const unused = new Set(Object.keys(file.volumes));
    for (const [name, service] of Object.entries(file.services)) {
      for (const needed of Object.keys(service.depends_on)) {
        expect(file.services[needed], `${name} depends on ${needed}`).toBeDefined();
        if (service.depends_on[needed]!.condition === 'service_healthy') {
          expect(needed === 'api' || file.services[needed]!.healthcheck !== undefined).toBe(true);
        }
      }
      for (const secret of service.secrets) expect(file.secrets[secret], secret).toBeDefined();
      for (const { source } of service.configs) expect(file.configs[source], source).toBeDefined();
      for (const mount of service.volumes) {
        const from = mount.split(':')[0]!;
        if (from.startsWith('./')) expect(existsSync(join(ROOT, from)), from).toBe(true);
        else {
          expect(Object.keys(file.volumes), from).toContain(from);
          unused.delete(from);
        }
      }
    }
    expect([...unused]).toEqual([]);
    const home = file.services.grafana!.environment!.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH!;
    expect(existsSync(join(ROOT, 'dashboards/generated/grafana', basename(home))), home).toBe(true);
  });

  it('restarts everything, checks its health, and bounds what it logs', () => {
    for (const [name, service] of Object.entries(file.services)) {
      expect(service.restart, name).toBe('unless-stopped');
      expect(service.logging?.options['max-size'], name).toBeDefined();
      // Those of ours have their health check in the image.
      if (service.build === undefined) expect(service.healthcheck, name).toBeDefined();
    }
    const ports = Object.values(file.services).flatMap((service) => service.ports.map(({ published }) => published));
    expect(new Set(ports).size).toBe(ports.length);
    // The worker scales, so it can hold no port of the host.
    expect(file.services.worker!.ports).toEqual([]);
  });

  it('holds settings of the others that can be read, for the services that are there', () => {
    const read = (name: string) => parse(file.configs[name]!.content);
    const logs = read('clickhouse_logs');
    for (const log of ['query_log', 'part_log', 'metric_log', 'asynchronous_metric_log']) {
      expect(logs[log].ttl).toMatch(/^event_date \+ INTERVAL \d+ DAY DELETE$/);
    }
    const [scrape] = read('prometheus').scrape_configs;
    expect(scrape.dns_sd_configs[0].names).toEqual([...ours]);
    expect(scrape.authorization.credentials_file).toBe('/run/secrets/headway_token');
    expect(file.services.prometheus!.secrets).toContain('headway_token');
    const [source] = read('grafana_datasource').datasources;
    expect(source.url).toBe('$HEADWAY_URL');
    expect(source.jsonData.allowedHosts).toEqual(['$HEADWAY_URL']);
    expect(file.services.grafana!.environment!.HEADWAY_URL).toBe('http://api:8080');
    const [provider] = read('grafana_dashboards').providers;
    expect(file.services.grafana!.volumes.some((mount) => mount.includes(`:${provider.options.path}:ro`))).toBe(true);
  });
});

describe('Dockerfile', () => {
  const text = readFileSync(join(ROOT, 'Dockerfile'), 'utf8').replaceAll('\\\n', ' ');

  it('pins its base, runs as nobody special, and says how it is', () => {
    expect(text).toMatch(/^ARG NODE_IMAGE=node:20\.\d+\.\d+-bookworm-slim$/m);
    for (const [, from] of text.matchAll(/^FROM (\S+)/gm)) expect(from).toMatch(/^\$\{NODE_IMAGE\}$/);
    const last = text.slice(text.lastIndexOf('FROM '));
    expect(last).toMatch(/^USER node$/m);
    expect(last).toContain('/healthz');
    expect(last).toMatch(/^ENTRYPOINT \["node", "--max-semi-space-size=64", "dist\/services\/cli\.js"\]$/m);
  });

  it('starts from files that are there and are not left out', () => {
    const ignored = readFileSync(join(ROOT, '.dockerignore'), 'utf8').split('\n');
    for (const path of ['package.json', 'package-lock.json', '.npmrc', 'workspace', 'tsconfig.json', 'services']) {
      expect(existsSync(join(ROOT, path)), path).toBe(true);
      expect(ignored).not.toContain(path);
    }
    for (const path of ['.git', 'node_modules', '.env', 'tokens.yaml']) expect(ignored).toContain(path);
  });
});
