/** What environments and rollouts are taken to be, and how the workspace says otherwise: for `/docs` and for the repository's docs. */
export const environmentsText = `
Only rollouts to production count. An environment called \`production\`, \`prod\` or \`live\` (alone, or as in \`eu-prod\`; not \`pre-prod\`) is production without a word, and so is what GitHub flags as such. For any other, \`environments.yaml\` in the workspace says so; environments of one \`group\` are one target, so that a rollout to both regions counts once.

\`\`\`yaml
environments:
  - { name: staging, production: false }
  - { name: customers-eu, production: true, group: production }
  - { name: customers-us, production: true, group: production, failed_means: failed_live }
\`\`\`

**Runs, jobs and releases.** A deployment that a tool reports is a rollout. A workflow run, a pipeline, a job or a release is one only where the workspace says so, whoever sends it: GitHub, GitLab, Gitea, Bitbucket, Jenkins, CircleCI, Buildkite, Tekton. \`headway doctor\` proposes the lines when it sees some that look the part and knows of no deployment of their repository.

\`\`\`yaml
rollouts:
  - { repository: acme/api, workflow: Deploy, branch: main, environment: production }
  - { repository: acme/*, workflow: deploy.yml, environment: production }
  - { repository: acme/mono, job: deploy-cart, environment: production, service: cart }
  - { repository: acme/lib, release: "v*", environment: production }
\`\`\`

- Each line names a \`repository\`, an \`environment\`, and one of \`workflow\` (its name, or its file), \`job\` (with a \`workflow\`, if its name alone does not tell) or \`release\` (the tag). \`*\` stands for any characters, \`?\` for one; upper and lower case are the same.
- \`branch\` goes with a workflow, for one that also runs for pull requests. \`prereleases: true\` goes with a release. \`service\` names whose rollout it is, where the repository does not tell; then the repository is a single one. A line with a service goes before one without.
- The rollout starts and ends with the run or the job, and a release succeeds when it is published. A job that names an environment itself counts only for a line with that environment. Attempts of a run are attempts of one rollout. A run or a job that was skipped, or ended neutral, is none.
- The lines hold for all history, so that a line that is added, corrected or taken out restates the past; what was reported stays as of then. \`since\` and \`until\` (a date, or an instant with a zone) are how a line begins or ends at a time.
- The rollout's id, for \`caused-by:\` and for corrections, is \`run:\`, the run's id, the job's name (or its id, where the sender numbers no attempts), the environment and the service, joined by colons: \`run:4711:production\`, \`run:4711:deploy-cart:production:cart\`, \`release:acme/lib:v1.2.0:production\`.

**Two tools that report the same.** Where several report rollouts of one service to one group of environments, Argo CD and Flux are believed before forges' deployments, these before what the lines above make, these before imported tags; each stops counting when one before it first reports. Canonical events always count. The workspace may choose otherwise for an environment, with \`argocd\`, \`flux\`, \`github\`, \`gitlab\`, \`gitea\`, \`bitbucket\`, \`bitbucket-server\`, \`git\` (tags), and \`runs\` for what the lines above make:

\`\`\`yaml
environments:
  - { name: production, production: true, rollouts_from: github }
  - { name: customers-eu, production: true, group: production, rollouts_from: [runs, argocd] }
\`\`\`
`;
