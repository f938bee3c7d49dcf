import { type EventOf, makeEvent, type NormalizedEvent, parseData } from '../../ingest/event.ts';
import type { EventType } from '../../ingest/vocabulary/vocabulary.ts';

/** One event of a history with the time at which the log had it. */
export interface Recorded {
  readonly event: NormalizedEvent;
  readonly recorded_at: string;
}

export interface TellOptions {
  /** Default `canonical`. */
  readonly source?: string;
  /** Default: one second after it happened. */
  readonly recordedAt?: string;
  readonly normaliser?: number;
  readonly deliveryId?: string;
  /** The sender's natural key; default: time and content, so that equal facts are one event. */
  readonly key?: readonly string[];
}

/** What a history is told with: each call adds one event and returns it. */
export interface Story {
  readonly history: readonly Recorded[];
  tell<T extends EventType>(type: T, at: string, data: Record<string, unknown>, options?: TellOptions): EventOf<T>;
}

/** An empty history. Data is checked against the vocabulary: a story that no sender could tell throws. */
export function newStory(): Story {
  const history: Recorded[] = [];
  return {
    history,
    tell: <T extends EventType>(
      type: T,
      at: string,
      data: Record<string, unknown>,
      options: TellOptions = {},
    ): EventOf<T> => {
      const occurredAt = new Date(at).toISOString();
      const parsed = parseData(type, data);
      if (!parsed.ok) throw new Error(`${type}: ${JSON.stringify(parsed.problems)}`);
      const event = makeEvent<T>(
        {
          type,
          subject: String(
            data.rollout_id ?? data.incident_id ?? data.change_id ?? data.repository ?? data.name ?? type,
          ),
          occurred_at: occurredAt,
          key: options.key ?? [occurredAt, JSON.stringify(data)],
          data: parsed.data as EventOf<T>['data'],
        },
        {
          source: options.source ?? 'canonical',
          normaliser: options.normaliser ?? 1,
          delivery_id: options.deliveryId ?? '',
        },
      );
      history.push({
        event: event as unknown as NormalizedEvent,
        recorded_at: options.recordedAt ?? new Date(Date.parse(occurredAt) + 1000).toISOString(),
      });
      return event;
    },
  };
}
