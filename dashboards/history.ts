/** How to read what was before a sender was connected and what a hook missed: for `/docs` and for the repository's docs. */
export const historyText = `
What happened before a sender was connected, and what a hook missed, can be had afterwards. All of it is told under the ids of the webhooks, so that nothing counts twice: each of these may be repeated at any time, over live data too.

**The past of a repository, through its forge.**

1. Make a token that may read. GitHub: *Settings → Developer settings → Personal access tokens → Fine-grained tokens*, the repositories, and *Read-only* for *Actions*, *Contents*, *Deployments*, *Issues*, *Metadata* and *Pull requests*; a classic one needs \`repo\`, for public repositories \`public_repo\`. GitLab: *Settings → Access tokens* of the project or the group, role *Developer*, scope \`read_api\`.
2. Where Headway asks for tokens itself: \`npm run headway -- token create --name backfill --scope ingest\`, put the printed lines into the tokens file and start the server again. Set the token as \`HEADWAY_TOKEN\`; \`HEADWAY_URL\` is the server's address, if it does not run on this machine's \`HEADWAY_PORT\`.
3. Start it where the repository of Headway is checked out. Without \`--since\` it reads the last year.

\`\`\`sh
GITHUB_TOKEN=… npm run headway -- backfill github acme/api acme/web --since 2026-01-01
GITLAB_TOKEN=… npm run headway -- backfill gitlab acme/shop/api --api https://gitlab.acme.example
\`\`\`

4. It says how far it is. Stop it whenever you like: the same command goes on where it was. It leaves a fifth of the API's limit to others; \`--requests-per-hour 1000\` makes it slower, \`--no-jobs\` saves a request for each run, and \`acme\` alone stands for all repositories of an organisation on GitHub.
5. When it ends it says how many records it read, and what could not be read. Lead times, failures and recoveries of that time are then there, and \`headway doctor\` no longer says that nothing is known of it.

**What a hook of GitHub missed.** GitHub sends a delivery once, and lists for three days what became of it.

1. Make a token as above with *Webhooks*: *Read-only*, or *Read and write* to have something delivered again; it is among the permissions of the repository, and for a hook of the organisation among those of the organisation. Classic ones need \`read:repo_hook\` or \`write:repo_hook\`, for an organisation \`admin:org_hook\`.
2. Where Headway asks for tokens, \`HEADWAY_TOKEN\` is one with the scope \`admin\`, since what was received is looked at. \`GITHUB_API_URL\` names the API of an Enterprise server.
3. Look what was missed: deliveries that were answered an error, that found nobody, or that were lost behind a proxy. The exit code is 1 if there are any.

\`\`\`sh
GITHUB_TOKEN=… npm run headway -- doctor --repair acme/api
GITHUB_TOKEN=… npm run headway -- doctor --repair acme/api --apply
\`\`\`

4. With \`--apply\` GitHub is asked to deliver it again, signed as ever. Run the first line once more a minute later: *Nothing was missed in the last three days.*
5. \`acme\` alone stands for the hook of an organisation. For the hook of a GitHub App set \`GITHUB_APP_ID\` and \`GITHUB_APP_KEY_FILE\`, and say \`--repair --app\`. A job that runs this with \`--apply\` every night keeps gaps from growing older than three days; what is older is read by a backfill.

**Everything else.** \`import git\` reads a clone, with tags as deployments, where there is no API to ask; \`import csv\` reads surveys, training, costs, headcount and tickets from spreadsheets; \`send\` takes canonical events from a file. \`--help\` of each says more.
`;
