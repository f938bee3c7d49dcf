import { type Config, type Role, readConfig } from '../config.ts';
import { sourceNames } from '../workspace/sources.ts';
import { CommandFailed } from './failure.ts';

/** The configuration of this process, or a failure that lists every problem by name. Warnings go to stderr. */
export function loadConfig(role: Role): Config {
  const workspaceDir = process.env.HEADWAY_WORKSPACE || './workspace';
  const result = readConfig({ env: process.env, role, sources: sourceNames(workspaceDir) });
  if (!result.ok) {
    const lines = result.problems.map(({ name, problem }) => `  ${name} ${problem}`);
    throw new CommandFailed(`The configuration cannot be used:\n${lines.join('\n')}`);
  }
  for (const { name, problem } of result.warnings) process.stderr.write(`Note: ${name} ${problem}.\n`);
  return result.config;
}
