/**
 * Tools that may report the same rollout, by the names of their sources, whom to believe first (R12a): those that deploy
 * themselves, and forges, which report what their pipelines deploy. After these come `runs`, what the workspace's rules make of
 * runs, jobs and releases, and `git`, imported tags.
 */
export const deployers = ['argocd', 'flux'] as const;
export const forges = ['github', 'gitlab', 'gitea', 'bitbucket', 'bitbucket-server'] as const;

/** Everything that `rollouts_from` may name. What other sources report always counts. */
export const tellers = [...deployers, ...forges, 'runs', 'git'] as const;
