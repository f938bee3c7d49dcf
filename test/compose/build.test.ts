import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, expect, it } from 'vitest';
import { THOROUGH } from '../support/thorough.ts';
import { ROOT } from './file.ts';

// Inside the project, where Node finds the packages; as the image has it, without the loader that development uses.
const output = join(ROOT, '.cache', `build-${process.pid}`);
const data = mkdtempSync(join(tmpdir(), 'headway-build-'));
afterAll(() => {
  rmSync(output, { recursive: true, force: true });
  rmSync(data, { recursive: true, force: true });
});

it.runIf(THOROUGH)(
  'is built into JavaScript that plain Node runs, as the image does',
  { timeout: 400_000 },
  async () => {
    execFileSync('npm', ['run', '--silent', 'build', '--', '--outDir', output], { cwd: ROOT, stdio: 'pipe' });
    const child = spawn(process.execPath, [join(output, 'services/cli.js'), 'serve'], {
      cwd: data,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: process.env.PATH, HEADWAY_PORT: '0', HEADWAY_WORKSPACE: join(ROOT, 'workspace') },
    });
    const words: string[] = [];
    const url = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stderr }).on('line', (line) => {
        words.push(line);
        const found = /"url":"(http:[^"]+)"/.exec(line);
        if (found !== null) resolve(found[1]!);
      });
      child.on('close', () => reject(new Error(`it ended before it listened:\n${words.join('\n')}`)));
    });
    const ended = once(child, 'close');
    for (const path of ['/healthz', '/', '/docs', '/openapi.json']) {
      expect((await fetch(url + path)).status, path).toBe(200);
    }
    child.kill('SIGTERM');
    const [status] = await ended;
    expect(status, words.join('\n')).toBe(0);
  },
);
