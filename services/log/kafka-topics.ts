import type { Admin, ConfigResourceTypes } from 'kafkajs';
import type { Topic } from '../../ingest/ports.ts';
import type { LogLogger } from './log-logger.ts';

export const TOPICS: readonly Topic[] = ['headway.deliveries', 'headway.events'];
/** A delivery of 25 MiB, its body as base64, and its headers. */
export const LARGEST_RECORD = 40 * 1024 * 1024;

/** What a topic must be set to, so that nothing is dropped and every record bears the time of the log. */
const SETTINGS: ReadonlyMap<string, string> = new Map([
  ['message.timestamp.type', 'LogAppendTime'],
  ['cleanup.policy', 'delete'],
  ['retention.ms', '-1'],
  ['retention.bytes', '-1'],
  ['max.message.bytes', `${LARGEST_RECORD}`],
]);

/** The protocol's number. Node cannot import the client's list of them: it finds only some of that package's names. */
const TOPIC_RESOURCE: ConfigResourceTypes.TOPIC = 2;
/** The protocol's number for what was set for this topic alone. */
const SET_FOR_TOPIC = 1;

/** How a topic is made. */
export interface NewTopic {
  readonly name: string;
  readonly partitions: number;
  /** Copies; absent: 3, or as many as there are brokers. */
  readonly replication?: number | undefined;
  /** What differs from the settings that keep everything and bear the time of the log. */
  readonly settings?: ReadonlyMap<string, string>;
}

/** Makes topics that do not exist yet; resolves once they have leaders. */
export async function createTopics(client: Admin, topics: readonly NewTopic[]): Promise<void> {
  if (topics.length === 0) return;
  const { brokers } = await client.describeCluster();
  await client.createTopics({
    waitForLeaders: true,
    topics: topics.map(({ name, partitions, replication, settings = new Map() }) => {
      const replicationFactor = replication ?? Math.min(3, brokers.length);
      const inSync: [string, string] = ['min.insync.replicas', `${Math.max(1, replicationFactor - 1)}`];
      return {
        topic: name,
        numPartitions: partitions,
        replicationFactor,
        configEntries: entriesOf(new Map([inSync, ...SETTINGS, ...settings])),
      };
    }),
  });
}

/** What was set for each topic alone. Topics that do not exist are left out. */
export async function settingsOf(client: Admin, names: readonly string[]): Promise<Map<string, Map<string, string>>> {
  const found = new Map<string, Map<string, string>>();
  if (names.length === 0) return found;
  const { resources } = await client.describeConfigs({
    includeSynonyms: false,
    resources: names.map((name) => ({ type: TOPIC_RESOURCE, name })),
  });
  for (const { resourceName, configEntries } of resources) {
    const own = configEntries.filter((entry) => (entry as { configSource?: number }).configSource === SET_FOR_TOPIC);
    found.set(resourceName, new Map(own.map(({ configName, configValue }) => [configName, configValue])));
  }
  return found;
}

/** Changes some settings of topics. The request replaces all that was set for a topic, so the others are given again. */
export async function changeSettings(
  client: Admin,
  names: readonly string[],
  changes: ReadonlyMap<string, string>,
): Promise<void> {
  const present = await settingsOf(client, names);
  await client.alterConfigs({
    validateOnly: false,
    resources: [...present].map(([name, settings]) => ({
      type: TOPIC_RESOURCE,
      name,
      configEntries: entriesOf(new Map([...settings, ...changes])),
    })),
  });
}

function entriesOf(settings: ReadonlyMap<string, string>): { name: string; value: string }[] {
  return [...settings].map(([name, value]) => ({ name, value }));
}

/** Warns of topics that somebody made with settings that lose or misdate records. */
export async function checkSettings(client: Admin, names: readonly string[], logger: LogLogger): Promise<void> {
  if (names.length === 0) return;
  const { resources } = await client.describeConfigs({
    includeSynonyms: false,
    resources: names.map((name) => ({
      type: TOPIC_RESOURCE,
      name,
      configNames: [...SETTINGS.keys()],
    })),
  });
  for (const { resourceName, configEntries } of resources) {
    for (const { configName, configValue } of configEntries) {
      const wanted = SETTINGS.get(configName);
      const fits = configName === 'max.message.bytes' ? Number(configValue) >= LARGEST_RECORD : configValue === wanted;
      if (!fits) {
        logger.warn(
          { topic: resourceName, setting: configName, value: configValue, wanted },
          'a Kafka topic may lose records',
        );
      }
    }
  }
}

/** Number of partitions of each topic. */
export async function countPartitions(client: Admin, nameOf: (topic: Topic) => string): Promise<Map<Topic, number>> {
  const { topics } = await client.fetchTopicMetadata({ topics: TOPICS.map(nameOf) });
  return new Map(
    TOPICS.map((topic) => [topic, topics.find(({ name }) => name === nameOf(topic))?.partitions.length ?? 1]),
  );
}
