import { existsSync } from 'node:fs';
import { stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { Delivery } from '../../ingest/delivery.ts';
import { type Erasures, isErased } from '../../ingest/erase/known.ts';
import { nameKey } from '../../ingest/erase/spelling.ts';
import type { EventLog } from '../../ingest/ports.ts';
import { eventsOf } from '../../ingest/replay.ts';
import { finderOf } from '../../ingest/sources/registry.ts';
import { systemClock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Step } from '../erasing/distributed.ts';
import { eraseEmbedded } from '../erasing/embedded.ts';
import { type Erasing, erasingOf, findNames, type Tally, tallyOf } from '../erasing/erase.ts';
import { erasureFolder, finishErasure, readErasures } from '../erasing/folder.ts';
import { mentionsIn } from '../erasing/workspace.ts';
import { openLmdbLog } from '../log/lmdb-log.ts';
import { sourcesWith } from '../workspace/sources.ts';
import { CommandFailed } from './failure.ts';
import { inThisProcess, progressLine, type ShownWork } from './maintain.ts';
import { loadConfig } from './settings.ts';

interface EraseOptions {
  readonly also?: readonly string[];
  readonly yes?: boolean;
}

const HELP = `
What it does: every name of the person (the id, all accounts that the workspace ever gave them, in any case) is replaced by a
random one, in every event and every stored delivery: logins, addresses, titles, commit messages, branches, links. Then the
store is made anew. Numbers stay as they are, as of every past too. What comes in about the person later gets the same random
names. The erasure is itself in the log, as person.erased, under the random name.

Without --yes nothing is changed: it says how much would be.

How to go about it:
  1. take the person out of people.yaml, and out of whatever else in the workspace names them
  2. stop the server; where the log is in Kafka, the workers and apis: gateways may run, and keep what they take meanwhile
  3. $ npm run headway -- erase person ada.lindqvist                 how much it would be
     $ npm run headway -- erase person ada.lindqvist --also ada@home.example --yes
  4. start the server; delete backups, exports and printed pages yourself: they are not Headway's to reach

It needs as much free disk as the log takes, on Kafka's brokers if it is there. Killed half way, it is finished by the next
start of Headway, or was never begun.
A name that is also a word, or the name of a team or a service, is replaced only where a field says that it is a person's.`;

/** `headway erase person`: a person's names out of everything that is kept. */
export function eraseCommand(program: Command): void {
  const erase = program.command('erase').description('take what identifies somebody out of everything that is kept');
  erase
    .command('person')
    .argument('<id>', 'as in people.yaml; an account that it never listed will do')
    .option('--also <name...>', 'further names of the person that the workspace never listed')
    .option('--yes', 'do it')
    .description('replace every name of a person in log, deliveries and store; numbers stay')
    .addHelpText('after', HELP)
    .action((person: string, options: EraseOptions) => erasePerson(person, options));
}

/** Does what the command says. `afterStep` is told how far it is where the log is in Kafka. */
export async function erasePerson(
  person: string,
  { also = [], yes = false }: EraseOptions,
  afterStep?: (step: Step) => Promise<void>,
): Promise<void> {
  // A container of a worker has no secrets of senders, which a server for everything would ask for.
  const config = loadConfig(process.env.HEADWAY_KAFKA_BROKERS && process.env.HEADWAY_CLICKHOUSE_URL ? 'worker' : 'all');
  const asked = { config, person, also, yes };
  const tally =
    config.kafkaBrokers === null ? await eraseHere(asked) : await eraseThere(asked, config.kafkaBrokers, afterStep);

  if (tally === null) return;
  process.stdout.write(
    `Erased from ${records(tally)}. Backups, exports and printed pages are yours to delete.${sealed(tally)}\n`,
  );
}

interface Asked {
  readonly config: Config;
  readonly person: string;
  readonly also: readonly string[];
  readonly yes: boolean;
}

/** Null: nothing was changed. */
async function eraseHere(asked: Asked): Promise<Tally | null> {
  const { config } = asked;
  const { log: path, folder } = erasureFolder(config.dataDir);
  if (!existsSync(path) && !existsSync(folder))
    throw new CommandFailed(`There is no log in ${config.dataDir}. HEADWAY_DATA_DIR says where it is.`);
  const { emptyStore } = await import('../erasing/empty-store.ts');
  const finish = () => alone(config, () => finishErasure(config.dataDir, systemClock, () => emptyStore(config)));
  if ((await finish()) === 'finished') {
    process.stdout.write(FINISHED);
    await makeStore(config);
  }
  const log = await alone(config, () => openLmdbLog({ path, clock: systemClock }));
  let tally: Tally | null;
  try {
    const known = readErasures(config.dataDir);
    tally = await eraseIn(asked, log, known, async (erasing, shown) => {
      await checkSpace(config.dataDir);
      return eraseEmbedded(config.dataDir, log, erasing, known, { clock: systemClock, onProgress: shown.update });
    });
  } finally {
    await log.close();
  }
  if (tally === null) return null;
  await finish();
  await makeStore(config);
  return tally;
}

const FINISHED = 'An erasure that had been interrupted is finished.\n';

/** Null: nothing was changed. */
async function eraseThere(
  asked: Asked,
  brokers: readonly string[],
  afterStep?: (step: Step) => Promise<void>,
): Promise<Tally | null> {
  const { config, yes } = asked;
  // Loaded only where it is used, for the sake of the client that it needs.
  const { eraseInKafka } = await import('./erase-kafka.ts');
  return eraseInKafka({
    config,
    brokers,
    yes,
    find: (log, known, erase) => eraseIn(asked, log, known, erase),
    makeStore: () => makeStore(config),
    ...(afterStep ? { afterStep } : {}),
    onFinished: () => process.stdout.write(FINISHED),
  });
}

/** Finds the person and, if it is to be done, leaves it to `erase`. Null: nothing was changed. */
async function eraseIn(
  { config, person, also, yes }: Asked,
  log: EventLog,
  known: Erasures,
  erase: (erasing: Erasing, shown: ShownWork) => Promise<Tally>,
): Promise<Tally | null> {
  const shown = progressLine();
  try {
    const found = await findNames(log, person, also, shown.update);
    if (found.outcome === 'account')
      throw new CommandFailed(`${person} is an account of ${found.person}. Erase that person, by that id.`);
    if (found.outcome === 'unknown') {
      shown.end();
      if (isErased(known, nameKey(person))) {
        process.stdout.write(`${person} was erased before: nothing names them.\n`);
        return null;
      }
      const similar = found.similar.length > 0 ? ` Similar ones are: ${found.similar.join(', ')}.` : '';
      throw new CommandFailed(`No event names a person ${person}.${similar}`);
    }
    const { readWorkspaceFolder } = await import('../compose.ts');
    const findSource = finderOf(sourcesWith(await readWorkspaceFolder(config)));
    // Comments too, whether they are asked for now or were once: their events keep their ids like all others.
    const readAgain = (delivery: Delivery) => eventsOf({ findSource, takesComments: true }, delivery);
    const erasing = erasingOf(person, found.spellings, known, readAgain);
    const mentions = await mentionsIn(config.workspaceDir, erasing.replacing);
    const lines = mentions.map(({ file, line }) => `  ${join(config.workspaceDir, file)}:${line}`);
    if (yes && lines.length > 0)
      throw new CommandFailed(`The workspace still names ${person}. Take out first:\n${lines.join('\n')}`);
    if (!yes) {
      const tally = await tallyOf(log, erasing, shown.update);
      shown.end();
      process.stdout.write(planned(erasing, tally, lines));
      return null;
    }
    return await erase(erasing, shown);
  } finally {
    shown.end();
  }
}

async function makeStore(config: Config): Promise<void> {
  await inThisProcess(config, async (parts, onProgress) => {
    const { preparePositions } = await import('../checkpoint.ts');
    const { rebuild } = await import('../rebuilding.ts');
    await preparePositions(parts.store);
    await parts.atoms.upgrade(async () => undefined);
    await rebuild(parts, onProgress);
  });
}

/** Nobody else may have the data folder. */
async function alone<T>(config: Config, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    if (!(error instanceof Error) || !/^another process is using the log/.test(error.message)) throw error;
    throw new CommandFailed(`A server is using ${config.dataDir}. Stop it first, and start it again afterwards.`);
  }
}

async function checkSpace(dataDir: string): Promise<void> {
  const { bavail, bsize } = await statfs(dataDir);
  const { size } = await stat(join(erasureFolder(dataDir).log, 'data.mdb'));
  if (bavail * bsize > size) return;
  const gib = (bytes: number) => (bytes / 2 ** 30).toFixed(1);
  throw new CommandFailed(
    `The log of ${gib(size)} GiB is written anew beside the old one, and the disk has only ${gib(bavail * bsize)} GiB left.`,
  );
}

function planned({ spellings }: Erasing, tally: Tally, mentions: readonly string[]): string {
  const { own, shared, others } = spellings;
  const left = [...others].length;
  const by = (counted: ReadonlyMap<string, number>) =>
    [...counted]
      .sort((a, b) => b[1] - a[1])
      .map(([kind, count]) => `    ${kind.padEnd(28)} ${count}\n`)
      .join('');
  return [
    `Known by ${own.length} names. They would be replaced in ${records(tally)}:\n`,
    `  deliveries\n${by(tally.deliveries.by)}  events\n${by(tally.events.by)}`,
    shared.size > 0
      ? `  ${shared.size} of the names something else has too: replaced only where a field is about people.\n`
      : '',
    left > 0 ? `  ${left} names of other people and things hold one of them, and would stay.\n` : '',
    sealed(tally) === '' ? '' : ` ${sealed(tally)}\n`,
    mentions.length > 0 ? `The workspace names the person; take out first:\n${mentions.join('\n')}\n` : '',
    'Nothing was changed. With --yes it is done; it cannot be undone.\n',
  ].join('');
}

function records({ events, deliveries }: Tally): string {
  return `${deliveries.touched} of ${deliveries.total} deliveries and ${events.touched} of ${events.total} events`;
}

function sealed(tally: Tally): string {
  return tally.sealed > 0
    ? ` ${tally.sealed} deliveries no longer read as they did and are left out of later replays.`
    : '';
}
