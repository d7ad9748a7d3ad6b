import type { PageError } from '../src/editor/pageError.ts';
import { QueryError } from './queries.ts';

export type Answer<V> =
  | { readonly state: 'asking' }
  | { readonly state: 'answered'; readonly value: V }
  | { readonly state: 'failed'; readonly error: PageError };

/** What has been asked and answered, by key: each question is put once, and again only when it is retried. */
export class Answers<V> {
  readonly #known = new Map<string, Answer<V>>();

  constructor(private readonly changed: () => void) {}

  get(key: string): Answer<V> | undefined {
    return this.#known.get(key);
  }

  ask(key: string, ask: () => Promise<V>): void {
    if (this.#known.has(key)) return;
    // The host drops a question when the next one comes, so one that is open will never be answered.
    for (const [other, { state }] of this.#known) if (state === 'asking') this.#known.delete(other);
    const asking = { state: 'asking' } as const;
    this.#known.set(key, asking);
    const settle = (answer: Answer<V>): void => {
      if (this.#known.get(key) !== asking) return;
      this.#known.set(key, answer);
      this.changed();
    };
    ask().then(
      (value) => {
        settle({ state: 'answered', value });
      },
      (error: unknown) => {
        settle({
          state: 'failed',
          error: error instanceof QueryError ? error.shown : { message: String(error) },
        });
      },
    );
  }

  retry(key: string, ask: () => Promise<V>): void {
    this.#known.delete(key);
    this.ask(key, ask);
  }

  /** For another run, whose trials may bear the same names. */
  clear(): void {
    this.#known.clear();
  }
}
