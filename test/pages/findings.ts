import type { Finding } from '../../dashboards/web/trust.ts';

/** What a doctor could say of a made-up organisation, with a name that is no HTML. */
export function madeUpFindings(): readonly Finding[] {
  return [
    { level: 'ok', title: 'github: 18311 events, the last of 2025-11-21 07:38', detail: 'It is heard.' },
    {
      level: 'attention',
      title: '41 rollouts to <staging & demo> count nowhere',
      detail: 'Nothing says whether it is production.',
      settle: {
        file: 'environments.yaml',
        lines: 'environments:\n  - name: "<staging & demo>"\n    production: false',
      },
    },
    {
      level: 'assumed',
      title: '12 services are only heard of: kestrel/fares, kestrel/geocoder',
      detail: 'Each repository or application stands for itself and belongs to no team.',
      settle: {
        file: 'catalog/services.yaml',
        lines:
          'apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: fares\nspec:\n  owner: your-team',
      },
    },
    {
      level: 'assumed',
      title: '9 of 31 incidents name no cause',
      detail: 'They count to no deployment.',
      settle: { file: 'metrics.yaml', lines: 'dora.change_fail_rate:\n  link: previous_deploy' },
    },
  ];
}
