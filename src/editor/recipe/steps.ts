import { CancelledError } from '../../core/errors.ts';

/** What a question is answered with where the user wants to see the one before. */
export const back = Symbol('back');

/** How a question is shown. */
export interface Shown<T> {
  /** Whether there is a question to go back to. */
  readonly canGoBack: boolean;
  /** What was answered when the question was shown before. */
  readonly previous: T | undefined;
}

interface Answer {
  readonly value: unknown;
  /** Whether a user gave it. */
  readonly asked: boolean;
}

class BackError extends Error {}

/**
 * Asks the questions of `flow` one after the other. Going back runs `flow` again, from its beginning and with the
 * answers that were given up to there, so that its branches need no book-keeping.
 *
 * @param flow gives the same questions in the same order for the same answers
 * @throws CancelledError where a question is left unanswered
 */
export async function askInSteps<T>(flow: (steps: Steps) => Promise<T>): Promise<T> {
  const answers: Answer[] = [];
  for (let previous: unknown; ;) {
    try {
      return await flow(new Steps(answers, previous));
    } catch (error) {
      if (!(error instanceof BackError)) throw error;
      let last: Answer | undefined;
      do last = answers.pop();
      while (last?.asked === false);
      previous = last?.value;
    }
  }
}

export class Steps {
  readonly #answers: Answer[];
  #previous: unknown;
  #position = 0;

  constructor(answers: Answer[], previous: unknown) {
    this.#answers = answers;
    this.#previous = previous;
  }

  /** @param show resolves to undefined where the user gives up */
  async ask<T>(show: (shown: Shown<T>) => Promise<T | typeof back | undefined>): Promise<T> {
    const known = this.#answers[this.#position++];
    if (known !== undefined) return known.value as T;
    const canGoBack = this.#answers.some(({ asked }) => asked);
    const previous = this.#previous as T | undefined;
    this.#previous = undefined;
    const value = await show({ canGoBack, previous });
    if (value === undefined) throw new CancelledError();
    if (value === back) throw new BackError();
    this.#answers.push({ value, asked: true });
    return value;
  }

  /** Does once what is not to be done again when the user goes back to a later question. */
  async once<T>(work: () => Promise<T>): Promise<T> {
    const known = this.#answers[this.#position++];
    if (known !== undefined) return known.value as T;
    const value = await work();
    this.#answers.push({ value, asked: false });
    return value;
  }
}
