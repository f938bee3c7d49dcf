import type { Admin, ConfigResourceTypes } from 'kafkajs';
import type { Topic } from '../../ingest/ports.ts';
import type { LogLogger } from './log-logger.ts';

const TOPICS: readonly Topic[] = ['headway.deliveries', 'headway.events'];
/** A delivery of 25 MiB, its body as base64, and its headers. */
const LARGEST_RECORD = 40 * 1024 * 1024;

/** What a topic must be set to, so that nothing is dropped and every record bears the time of the log. */
const SETTINGS = new Map([
  ['message.timestamp.type', 'LogAppendTime'],
  ['cleanup.policy', 'delete'],
  ['retention.ms', '-1'],
  ['retention.bytes', '-1'],
  ['max.message.bytes', `${LARGEST_RECORD}`],
]);

/** The protocol's number. Node cannot import the client's list of them: it finds only some of that package's names. */
const TOPIC_RESOURCE: ConfigResourceTypes.TOPIC = 2;

/** How absent topics are made. */
export interface TopicOptions {
  readonly partitions: number;
  /** Copies; absent: 3, or as many as there are brokers. */
  readonly replication: number | undefined;
  readonly logger: LogLogger;
  readonly nameOf: (topic: Topic) => string;
}

/** Makes the topics that are absent, and warns of those that somebody made with settings that lose or misdate records. */
export async function makeTopics(client: Admin, options: TopicOptions): Promise<void> {
  const existing = new Set(await client.listTopics());
  const names = TOPICS.map(options.nameOf);
  const absent = names.filter((name) => !existing.has(name));
  if (absent.length > 0) {
    const { brokers } = await client.describeCluster();
    const replicationFactor = options.replication ?? Math.min(3, brokers.length);
    await client.createTopics({
      waitForLeaders: true,
      topics: absent.map((topic) => ({
        topic,
        numPartitions: options.partitions,
        replicationFactor,
        configEntries: [
          ...[...SETTINGS].map(([name, value]) => ({ name, value })),
          { name: 'min.insync.replicas', value: `${Math.max(1, replicationFactor - 1)}` },
        ],
      })),
    });
  }
  const present = names.filter((name) => existing.has(name));
  if (present.length > 0) await checkSettings(client, present, options.logger);
}

async function checkSettings(client: Admin, names: readonly string[], logger: LogLogger): Promise<void> {
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
