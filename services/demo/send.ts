import { Agent, request } from 'node:http';
import { type DemoSecrets, signDelivery } from './sign.ts';
import type { DemoDelivery } from './year/simulation.ts';

/** What a server said to one delivery. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Sends deliveries to one server over connections that stay open. */
export interface Sender {
  /** POSTs to the address that the sender would use. Busy answers (429, 503) are tried again as Retry-After says, ten times. */
  send(delivery: DemoDelivery): Promise<Answer>;
  close(): void;
}

/** Opens a sender. `baseUrl` without a slash at its end. */
export function openSender(baseUrl: string, secrets: DemoSecrets, connections: number): Sender {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const base = new URL(baseUrl);
  const once = (delivery: DemoDelivery): Promise<Answer & { retryAfterSeconds: number }> =>
    new Promise((resolve, reject) => {
      const body = Buffer.from(delivery.body);
      const path = delivery.source === 'canonical' ? '/v1/events' : `/hooks/${delivery.source}`;
      const headers = { ...delivery.headers, ...signDelivery(delivery, secrets), 'content-length': body.length };
      const sent = request(
        { agent, host: base.hostname, port: base.port, path, method: 'POST', headers },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              body: Buffer.concat(chunks).toString('utf8'),
              retryAfterSeconds: Number(response.headers['retry-after'] ?? 1) || 1,
            }),
          );
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  return {
    send: async (delivery) => {
      for (let attempt = 1; ; attempt++) {
        const { status, body, retryAfterSeconds } = await once(delivery);
        if ((status !== 429 && status !== 503) || attempt === 10) return { status, body };
        await new Promise((resolve) => setTimeout(resolve, Math.min(retryAfterSeconds, 5) * 1000));
      }
    },
    close: () => agent.destroy(),
  };
}
