import type { Command } from 'commander';
import type { Finding } from '../../dashboards/web/trust.ts';
import { getJson } from '../client.ts';
import { REPAIR_HELP, type RepairOptions, repair } from './repair.ts';
import { withServer } from './server.ts';

const headings = {
  attention: 'Needs attention: numbers are missing or wrong until it is settled',
  assumed: 'Assumed: works as it is, these lines would make it certain',
  ok: 'As it should be',
} as const;

/** `headway doctor`: findings in words, with the lines of YAML that settle them. */
export function doctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('what is connected, silent, unmapped or assumed, and which lines would settle it')
    .option('--json', 'as data')
    .option('--repair [name...]', 'find what hooks of GitHub delivered and was never received')
    .option('--app', 'with --repair: the hook of a GitHub App')
    .option('--apply', 'with --repair: ask GitHub to deliver it again')
    .addHelpText('after', `\nThe exit code is 1 if something needs attention.\n${REPAIR_HELP}`)
    .action(async ({ json, ...rest }: { json?: boolean } & Partial<RepairOptions>) => {
      if (rest.repair !== undefined) return repair({ ...rest, repair: rest.repair });
      const { findings } = await withServer((server) => getJson<{ findings: Finding[] }>(server, '/v1/doctor'));
      if (findings.some(({ level }) => level === 'attention')) process.exitCode = 1;
      if (json) {
        process.stdout.write(`${JSON.stringify(findings, null, 2)}\n`);
        return;
      }
      for (const level of ['attention', 'assumed', 'ok'] as const) {
        const those = findings.filter((finding) => finding.level === level);
        if (those.length > 0) process.stdout.write(`${headings[level]}\n\n${those.map(paragraph).join('\n')}\n`);
      }
    });
}

function paragraph({ title, detail, settle }: Finding): string {
  const lines = settle ? `    ${settle.file}:\n${settle.lines.replace(/^/gm, '      ')}\n` : '';
  return `  ${title}\n    ${detail}\n${lines}`;
}
