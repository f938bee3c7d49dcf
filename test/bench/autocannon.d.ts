declare module 'autocannon' {
  interface Request {
    readonly method: 'POST';
    readonly path: string;
    readonly body: string;
    readonly headers: Readonly<Record<string, string>>;
  }
  /** Resolves with the summary of a load of so many seconds. */
  function autocannon(options: {
    readonly url: string;
    readonly connections: number;
    readonly duration: number;
    readonly requests: readonly Request[];
  }): Promise<{ readonly non2xx: number; readonly requests: { readonly average: number } }>;
  export = autocannon;
}
