// Sends what people do in Backstage to Headway, in batches, through Backstage's own proxy: no token reaches the browser.
// Copy into packages/app/src and add `headwayAnalytics('<salt>')` to the `apis` of createApp, with the text that
// `headway.salt` has in app-config.yaml. Needs the proxy endpoint /headway, which Headway's /docs describes.
import {
  type AnalyticsApi,
  type AnalyticsEvent,
  analyticsApiRef,
  createApiFactory,
  type DiscoveryApi,
  discoveryApiRef,
  type FetchApi,
  fetchApiRef,
  type IdentityApi,
  identityApiRef,
} from '@backstage/core-plugin-api';

const EVERY_MS = 10_000;
const MOST_PER_REQUEST = 100;

interface Sent {
  id: string;
  at: string;
  session: string;
  action: string;
  subject: string;
  value?: number;
  context: { pluginId: string };
  search_id?: string;
  document?: string;
  dwell_seconds?: number;
}

/** Keeps events until there are enough, or ten seconds have passed, or the page is left. */
class HeadwayAnalytics implements AnalyticsApi {
  private waiting: Sent[] = [];
  private readonly session = crypto.randomUUID();
  /** The document that is being read: it is sent once it is known for how long. */
  private reading: { event: Sent; since: number } | null = null;
  private lastSearch: string | undefined;
  private person: Promise<{ principal: string; team?: string }> | null = null;

  constructor(
    private readonly apis: { identity: IdentityApi; discovery: DiscoveryApi; fetch: FetchApi },
    private readonly salt: string,
  ) {
    setInterval(() => void this.flush(), EVERY_MS);
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState !== 'hidden') return;
      this.closeDocument();
      void this.flush();
    });
  }

  captureEvent({ action, subject, value, attributes, context }: AnalyticsEvent): void {
    const event: Sent = {
      id: crypto.randomUUID(),
      at: new Date().toISOString(),
      session: this.session,
      action,
      subject,
      value,
      context: { pluginId: context.pluginId },
    };
    if (action === 'navigate') {
      this.closeDocument();
      // A page of TechDocs: /docs/<namespace>/<kind>/<name>/…
      if (context.pluginId === 'techdocs' && /^\/docs\/[^/]+\/[^/]+\/[^/]+/.test(subject)) {
        this.reading = { event: { ...event, document: subject.split(/[?#]/, 1)[0] }, since: Date.now() };
        return;
      }
    }
    if (action === 'search') this.lastSearch = event.id;
    if (action === 'discover') {
      event.search_id = this.lastSearch;
      event.document = typeof attributes?.to === 'string' ? attributes.to : subject;
    }
    this.add(event);
  }

  private closeDocument(): void {
    if (this.reading === null) return;
    const { event, since } = this.reading;
    this.reading = null;
    this.add({ ...event, dwell_seconds: Math.round((Date.now() - since) / 1000) });
  }

  private add(event: Sent): void {
    this.waiting.push(event);
    if (this.waiting.length >= MOST_PER_REQUEST) void this.flush();
  }

  private async flush(): Promise<void> {
    const batch = this.waiting.splice(0, MOST_PER_REQUEST);
    if (batch.length === 0) return;
    try {
      this.person ??= this.whoIsHere();
      const person = await this.person;
      const address = `${await this.apis.discovery.getBaseUrl('proxy')}/headway`;
      // keepalive lets the request outlive the page.
      const response = await this.apis.fetch.fetch(address, {
        method: 'POST',
        keepalive: true,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ events: batch.map((event) => ({ ...event, ...person })) }),
      });
      if (response.status >= 500 || response.status === 429) this.waiting.unshift(...batch);
    } catch {
      this.person = null;
      // Not for ever: a portal that cannot reach Headway must not fill its users' memory.
      this.waiting = [...batch, ...this.waiting].slice(-10 * MOST_PER_REQUEST);
    }
  }

  /** A pseudonym that stays the same, and the team if there is exactly one. */
  private async whoIsHere(): Promise<{ principal: string; team?: string }> {
    const { userEntityRef, ownershipEntityRefs } = await this.apis.identity.getBackstageIdentity();
    const bytes = new TextEncoder().encode(`${this.salt}\n${userEntityRef.toLowerCase()}`);
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
    const hex = [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    const groups = ownershipEntityRefs.filter((ref) => ref.startsWith('group:')).map((ref) => ref.split('/')[1]);
    return { principal: `user-${hex.slice(0, 16)}`, ...(groups.length === 1 ? { team: groups[0] } : {}) };
  }
}

export const headwayAnalytics = (salt: string) =>
  createApiFactory({
    api: analyticsApiRef,
    deps: { identity: identityApiRef, discovery: discoveryApiRef, fetch: fetchApiRef },
    factory: (apis) => new HeadwayAnalytics(apis, salt),
  });
