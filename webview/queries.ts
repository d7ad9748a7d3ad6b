import type { PageError } from '../src/editor/pageError.ts';
import type { HostMessage, PageMessage, Queries, QueryKind } from '../src/editor/panelProtocol.ts';

/** Why a query has no answer, as the user reads it. */
export class QueryError extends Error {
  constructor(readonly shown: PageError) {
    super(shown.message);
  }
}

interface Pending {
  readonly kind: QueryKind;
  readonly resolve: (value: Queries[QueryKind]['answer']) => void;
  readonly reject: (error: QueryError) => void;
}

/** The questions that the page has put to the host and that have no answer yet. */
export class OpenQueries {
  readonly #pending = new Map<number, Pending>();
  #last = 0;

  constructor(private readonly post: (message: PageMessage) => void) {}

  /**
   * Rejects with a `QueryError`. Of each kind only the newest query is ever settled: the host drops the ones before,
   * and whoever waits for them has no more use for them.
   */
  ask<K extends QueryKind>(kind: K, ask: Queries[K]['ask']): Promise<Queries[K]['answer']> {
    const id = ++this.#last;
    for (const [older, pending] of this.#pending) if (pending.kind === kind) this.#pending.delete(older);
    return new Promise<Queries[K]['answer']>((resolve, reject) => {
      this.#pending.set(id, { kind, resolve, reject });
      // A kind and what it asks belong together, which TypeScript cannot follow through a type parameter.
      this.post({ type: 'query', id, kind, ask } as PageMessage);
    });
  }

  settle(answer: HostMessage & { type: 'answer' }): void {
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    if ('error' in answer) pending?.reject(new QueryError(answer.error));
    else pending?.resolve(answer.value);
  }

  /** Forgets all: the page shows another run. */
  drop(): void {
    this.#pending.clear();
  }
}
