import { deploymentStatus, githubHeaders } from '../api/messages.ts';
import { SECRET, withServer } from './server.ts';

/**
 * From the 202 for a successful production deployment to the higher `count`, in ms: one after the other, on a service that
 * has little else to do.
 */
export function freshness(rounds: number): Promise<number[]> {
  return withServer(async ({ url }) => {
    const day = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    const question = `${url}/v1/metrics/dora.deployment_frequency?from=2020-01-01&to=${day}`;
    const count = async (): Promise<number> => {
      const { totals } = (await (await fetch(question)).json()) as { totals: { count: number }[] };
      return totals[0]?.count ?? 0;
    };
    const times: number[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      const body = deploymentStatus({
        repository: `acme/service-${round % 5}`,
        deployment: round,
        sha: round.toString(16).padStart(40, '0'),
        state: 'success',
        at: new Date(Date.now() - 60_000).toISOString(),
      });
      const headers = githubHeaders('deployment_status', body, SECRET);
      const answer = await fetch(`${url}/hooks/github`, { method: 'POST', body, headers });
      if (answer.status !== 202) throw new Error(`answered ${answer.status}`);
      const begun = performance.now();
      while ((await count()) < round) await new Promise((resolve) => setTimeout(resolve, 50));
      times.push(performance.now() - begun);
    }
    return times;
  });
}
