import { askCli } from '../process/askCli.ts';
import type { Differences, SpectrumReport, TriedSentence } from '../core/report/reports.ts';
import { CancelledError, UserError } from '../core/errors.ts';
import { bestFolder } from '../process/trialStorage.ts';
import { pageError } from './pageError.ts';
import type { HostMessage, PageMessage, Queries, QueryKind } from './panelProtocol.ts';
import { trialName } from './trialName.ts';

type Query = PageMessage & { type: 'query' };
type Answer = HostMessage & { type: 'answer' };

/** Longer texts are cut: the system bounds what a process can be told. */
const mostCharacters = 20_000;

/** Answers what a panel's page asks about its run, each question in a process of its own. */
export class PanelQueries {
  readonly #folder: string;
  readonly #scripts: string;
  readonly #post: (message: Answer) => void;
  readonly #fail: (error: unknown) => void;
  readonly #underWay = new Map<QueryKind, AbortController>();

  /**
   * @param scripts the folder of the bundles
   * @param fail gets what is no fault of the user's
   */
  constructor(
    folder: string,
    scripts: string,
    post: (message: Answer) => void,
    fail: (error: unknown) => void,
  ) {
    this.#folder = folder;
    this.#scripts = scripts;
    this.#post = post;
    this.#fail = fail;
  }

  /** Answers a question; the one of its kind that is under way is dropped. */
  async answer(query: Query): Promise<void> {
    const { id, kind } = query;
    this.#underWay.get(kind)?.abort();
    const stop = new AbortController();
    this.#underWay.set(kind, stop);
    try {
      const value = await this.#ask(query, stop.signal);
      if (!stop.signal.aborted) this.#post({ type: 'answer', id, value });
    } catch (error) {
      if (error instanceof CancelledError || stop.signal.aborted) return;
      if (!(error instanceof UserError)) this.#fail(error);
      this.#post({ type: 'answer', id, error: pageError(error) });
    } finally {
      if (this.#underWay.get(kind) === stop) this.#underWay.delete(kind);
    }
  }

  /** Ends every process. */
  stop(): void {
    for (const stop of this.#underWay.values()) stop.abort();
    this.#underWay.clear();
  }

  async #ask(query: Query, signal: AbortSignal): Promise<Queries[QueryKind]['answer']> {
    const options = { scripts: this.#scripts, signal };
    switch (query.kind) {
      case 'spectrum':
        return askCli<SpectrumReport>(['spectrum', this.#folder], options);
      case 'differences':
        return askCli<Differences>(['differences', this.#folder, trialName(query.ask.trial)], options);
      case 'sentence': {
        const { texts, trials } = query.ask;
        const cut = texts.map((text) => text.slice(0, mostCharacters / texts.length));
        // One after the other: each is to have the machine for itself while it is timed.
        const tried: TriedSentence[] = [];
        for (const trial of trials) {
          const checkpoint = bestFolder(this.#folder, trialName(trial));
          tried.push(await askCli<TriedSentence>(['predict', checkpoint, '--', ...cut], options));
        }
        return tried;
      }
    }
  }
}
