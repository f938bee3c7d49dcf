import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { prometheusRules } from '../../queries/slo/prometheus-rules.ts';
import { readWorkspaceFolder } from '../compose.ts';
import { slosOf } from '../prometheus/start.ts';
import { loadConfig } from './settings.ts';

/** `headway slo rules`: what the SLO files of the workspace are as rules for Prometheus. Needs no server. */
export function sloCommand(program: Command): void {
  const slo = program.command('slo').description('service level objectives outside of this server');
  slo
    .command('rules')
    .description('Prometheus recording and alerting rules of the SLOs that are measured there')
    .option('--out <file>', 'where to write them; default is the standard output')
    .action(async ({ out }: { out?: string }) => {
      const workspace = await readWorkspaceFolder(loadConfig('all'));
      const { yaml, notes } = prometheusRules(slosOf(workspace));
      for (const note of notes) process.stderr.write(`Left out: ${note}.\n`);
      if (out === undefined) process.stdout.write(yaml);
      else writeFileSync(out, yaml);
    });
}
