import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Command } from 'commander';

/** `headway generate`: writes what is derived from the registries, for people who change them. */
export function generateCommand(program: Command): void {
  program
    .command('generate')
    .description('write the files that are made from the registries (for those who add a metric or a source)')
    .action(async () => {
      const { generatedFiles } = await import('../generated.ts');
      for (const { path, text } of generatedFiles()) {
        if (present(path) === text) continue;
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, text);
        process.stdout.write(`${path}\n`);
      }
    });
}

function present(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
