import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';
import { root, sourceFiles } from '../house/files.ts';

const FOLDERS = ['ingest', 'queries', 'dashboards', 'services'];
const CACHE = join(root, '.cache');
let built: string | undefined;

/**
 * The command line as JavaScript, for `node`, made once per state of the sources and kept below `.cache`: the loader that
 * development uses takes a second of every process that a test starts.
 */
export function program(): string {
  built ??= build();
  return join(built, 'services/cli.js');
}

function build(): string {
  const files = sourceFiles(FOLDERS);
  const hash = createHash('sha256');
  for (const { path, text } of files) hash.update(`${path}\0${text}\0`);
  const folder = join(CACHE, `program-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(folder)) return folder;
  mkdirSync(CACHE, { recursive: true });
  for (const name of readdirSync(CACHE))
    if (name.startsWith('program-') && join(CACHE, name) !== folder)
      rmSync(join(CACHE, name), { recursive: true, force: true });
  const making = mkdtempSync(join(CACHE, 'making-'));
  for (const { path, text } of files) {
    const file = join(making, path.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, transpileModule(text, { fileName: path, compilerOptions: OPTIONS }).outputText);
  }
  try {
    renameSync(making, folder);
  } catch {
    // Another worker was quicker.
    rmSync(making, { recursive: true, force: true });
  }
  return folder;
}

const OPTIONS = {
  module: ModuleKind.ESNext,
  target: ScriptTarget.ES2023,
  verbatimModuleSyntax: true,
  rewriteRelativeImportExtensions: true,
};
