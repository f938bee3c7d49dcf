import { importsOf, sourceFiles } from './files.ts';

/** The engine in process: a test that can reach it may hold a data directory, of which a process has one. */
const ENGINE = /^chdb\b/;

/** The test files that can reach the engine by what they import, and those that cannot; paths from the root. */
export function testFilesByEngine(): { readonly engine: readonly string[]; readonly others: readonly string[] } {
  const files = sourceFiles(['test', 'services', 'queries', 'ingest', 'dashboards']);
  const imports = new Map(files.map((file) => [file.path, importsOf(file)]));
  const reaches = (start: string): boolean => {
    const seen = new Set([start]);
    for (const path of seen) {
      if (ENGINE.test(path)) return true;
      for (const imported of imports.get(path) ?? []) seen.add(imported);
    }
    return false;
  };
  const tests = files.map(({ path }) => path).filter((path) => path.endsWith('.test.ts'));
  return { engine: tests.filter(reaches), others: tests.filter((path) => !reaches(path)) };
}
