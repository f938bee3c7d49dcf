import { releaseAfterEachFile } from './release.ts';

// Runs before each test file, modules being shared by the files of a worker.
releaseAfterEachFile();
