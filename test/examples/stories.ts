import type { Story } from '../histories/story.ts';

/** A source that is alive all year, so that coverage is not the question. */
export function connected(story: Story): Story {
  story.tell('source.heartbeat', '2025-01-01T00:00Z', { name: 'canonical' });
  story.tell('source.heartbeat', '2025-12-30T00:00Z', { name: 'canonical' });
  return story;
}

/** A deployment of the service `checkout` to production that succeeded, unless `data` says otherwise. */
export function deploy(story: Story, id: string, at: string, data: Record<string, unknown> = {}): void {
  story.tell('deployment.finished', at, {
    rollout_id: id,
    service_id: 'checkout',
    environment: 'production',
    outcome: 'succeeded',
    revision: id,
    ...data,
  });
}

/** The week in which the examples of failure happen. */
export const failWindow = { from: '2025-03-02T00:00Z', to: '2025-03-09T00:00Z' };
