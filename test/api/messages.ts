import { createHmac } from 'node:crypto';

/** Headers of a GitHub delivery, signed as GitHub signs it. */
export function githubHeaders(event: string, body: string | Uint8Array, secret: string): Record<string, string> {
  return {
    'content-type': 'application/json',
    'x-github-event': event,
    'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
    'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  };
}

/** A `deployment_status` of GitHub, with the fields that matter. */
export function deploymentStatus(of: {
  repository: string;
  deployment: number;
  sha: string;
  state: string;
  at: string;
  environment?: string;
}): string {
  const environment = of.environment ?? 'production';
  const owner = { login: of.repository.split('/')[0], type: 'Organization' };
  return JSON.stringify({
    action: 'created',
    deployment_status: {
      id: of.deployment * 10,
      state: of.state,
      environment,
      created_at: of.at,
      updated_at: of.at,
      creator: { login: 'octo', type: 'User' },
    },
    deployment: {
      id: of.deployment,
      sha: of.sha,
      ref: 'main',
      task: 'deploy',
      payload: {},
      environment,
      production_environment: environment === 'production',
      created_at: of.at,
      updated_at: of.at,
      creator: { login: 'octo', type: 'User' },
    },
    repository: { id: 1, full_name: of.repository, default_branch: 'main', owner },
    sender: { login: 'octo', type: 'User' },
  });
}
