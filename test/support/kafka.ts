import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Newest release that the tests were seen to pass on. */
const KAFKA_VERSION = '4.1.1';
const START_MS = 60_000;

/** Apache Kafka's own broker, alone, in KRaft mode, on free ports and with data of its own. */
export interface KafkaBroker {
  /** For `HEADWAY_KAFKA_BROKERS`. */
  readonly brokers: string[];
  /** Where it keeps the records of topics, a folder for each partition. */
  readonly dataDir: string;
  /** Ends it at once, as a power cut would; the data stay. */
  kill(): Promise<void>;
  /** Starts it again on the same ports and data. */
  start(): Promise<void>;
  /** It holds its connections and answers nothing, once this resolves. */
  freeze(): Promise<void>;
  thaw(): void;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/**
 * Null if Kafka can be started on this machine, else the reason why not. With `HEADWAY_REQUIRE_KAFKA=1` throws instead, so
 * that nothing is skipped where it must not be.
 */
export function whyNoKafka(): string | null {
  const reason = missingTool();
  if (reason !== null && process.env.HEADWAY_REQUIRE_KAFKA === '1') throw new Error(`Kafka is required: ${reason}`);
  return reason;
}

/** Says once, visibly, that Kafka's tests are skipped. Returns true if they are. */
export function skipsKafka(): boolean {
  const reason = whyNoKafka();
  if (reason !== null) console.log(`skipped the tests on a real Kafka: ${reason}`);
  return reason !== null;
}

function missingTool(): string | null {
  if (spawnSync('java', ['-version']).status !== 0) return 'there is no java on this machine';
  if (!existsSync(jarsPath()) && spawnSync('mvn', ['-v']).status !== 0)
    return 'there is no mvn to fetch the broker with';
  return null;
}

export async function startKafka(): Promise<KafkaBroker> {
  const jars = await fetchJars();
  const directory = mkdtempSync(join(tmpdir(), 'headway-kafka-'));
  const [port, controllerPort] = await freePorts(2);
  const settings = join(directory, 'server.properties');
  writeFileSync(settings, serverProperties(directory, port!, controllerPort!));
  const java = ['-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', join(jars, '*')];
  execFileSync('java', [...java, 'kafka.tools.StorageTool', 'format', '-t', 'aGVhZHdheS10ZXN0cy0wMA', '-c', settings], {
    stdio: 'pipe',
  });

  let broker: { child: ChildProcess; pid: number } | null = null;
  const kill = async () => {
    if (broker === null) return;
    const { child } = broker;
    broker = null;
    child.stdin?.end();
    await once(child, 'close');
  };
  const start = async () => {
    broker = await launch([...java, 'kafka.Kafka', settings]);
  };
  await start();
  return {
    brokers: [`127.0.0.1:${port}`],
    dataDir: join(directory, 'data'),
    kill,
    start,
    freeze: async () => {
      if (broker === null) return;
      process.kill(broker.pid, 'SIGSTOP');
      await untilStopped(broker.pid);
    },
    thaw: () => void (broker && process.kill(broker.pid, 'SIGCONT')),
    async stop() {
      await kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** The shell in between ends the broker when this process is gone, however it went: its standard input then closes. */
async function launch(command: readonly string[]): Promise<{ child: ChildProcess; pid: number }> {
  const child = spawn(
    'sh',
    ['-c', 'java "$@" </dev/null 2>&1 & echo "pid $!"; cat >/dev/null; kill -9 $!', 'sh', ...command],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const tail: string[] = [];
  let pid = 0;
  let failed: (reason: Error) => void = () => {};
  const started = new Promise<void>((resolve, reject) => {
    failed = reject;
    createInterface({ input: child.stdout! }).on('line', (line) => {
      if (line.startsWith('pid ')) pid = Number(line.slice(4));
      if (line.includes('Kafka Server started')) resolve();
      tail.push(line);
      if (tail.length > 40) tail.shift();
    });
  });
  const timer = setTimeout(() => failed(new Error(`Kafka did not start:\n${tail.join('\n')}`)), START_MS);
  try {
    await started;
  } catch (error) {
    child.stdin?.end();
    throw error;
  } finally {
    clearTimeout(timer);
  }
  return { child, pid };
}

/** A signal takes its time on a busy machine, and a broker still running answers: waits until every thread stands still. */
async function untilStopped(pid: number): Promise<void> {
  const states = () =>
    readdirSync(`/proc/${pid}/task`).map(
      (thread) => /\) (\S)/.exec(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8'))?.[1],
    );
  const deadline = performance.now() + 10_000;
  while (!states().every((state) => state === 'T')) {
    if (performance.now() > deadline) throw new Error('Kafka was sent SIGSTOP and goes on');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function serverProperties(directory: string, port: number, controllerPort: number): string {
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@127.0.0.1:${controllerPort}`,
    `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    `advertised.listeners=PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names=CONTROLLER',
    `log.dirs=${join(directory, 'data')}`,
    'offsets.topic.replication.factor=1',
    'offsets.topic.num.partitions=3',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'transaction.state.log.num.partitions=1',
    'group.initial.rebalance.delay.ms=0',
    'auto.create.topics.enable=false',
    // Else a killed broker is kept out for nine seconds after it is back.
    'broker.session.timeout.ms=2000',
    'broker.heartbeat.interval.ms=500',
    'log.cleaner.enable=false',
    // What was deleted is gone while a test still looks.
    'log.segment.delete.delay.ms=100',
    '',
  ].join('\n');
}

function jarsPath(): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'headway', `kafka-${KAFKA_VERSION}`);
}

/** Lets Maven fetch the broker and what it needs, once per machine. */
async function fetchJars(): Promise<string> {
  const path = jarsPath();
  if (existsSync(path)) return path;
  const lock = `${path}.lock`;
  mkdirSync(join(path, '..'), { recursive: true });
  while (!tryLock(lock)) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    if (existsSync(path)) return path;
  }
  try {
    const work = mkdtempSync(join(tmpdir(), 'headway-jars-'));
    console.log(`fetching Apache Kafka ${KAFKA_VERSION} with Maven, once`);
    writeFileSync(join(work, 'pom.xml'), pom());
    const into = `${path}.new`;
    rmSync(into, { recursive: true, force: true });
    const maven = spawnSync('mvn', ['-B', '-q', 'dependency:copy-dependencies', `-DoutputDirectory=${into}`], {
      cwd: work,
      encoding: 'utf8',
    });
    rmSync(work, { recursive: true, force: true });
    if (maven.status !== 0) throw new Error(`Maven could not fetch Apache Kafka:\n${maven.stdout}${maven.stderr}`);
    renameSync(into, path);
    return path;
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

function tryLock(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch {
    // Left behind by a run that was killed.
    const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > 10 * 60_000) rmSync(lock, { recursive: true, force: true });
    return false;
  }
}

function pom(): string {
  const dependency = (group: string, artifact: string, version: string) =>
    `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>headway</groupId><artifactId>broker</artifactId><version>1</version>
  <dependencies>
    ${dependency('org.apache.kafka', 'kafka_2.13', KAFKA_VERSION)}
    ${dependency('org.slf4j', 'slf4j-simple', '1.7.36')}
  </dependencies>
</project>
`;
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
