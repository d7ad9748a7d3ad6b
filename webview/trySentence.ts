import * as l10n from '@vscode/l10n';
import type { TriedSentence } from '../src/core/report/reports.ts';
import { AnswerNotice } from './answerNotice.ts';
import { Answers } from './answers.ts';
import { bestTrial } from './bestTrial.ts';
import { button, element } from './element.ts';
import './insight.css';
import { modelName } from './modelRows.ts';
import { sameFigures, type Actions, type Section, type View } from './section.ts';
import { TextFields } from './textFields.ts';
import { answerCard } from './tryAnswer.ts';

/** Texts that are kept. */
const HISTORY = 5;

/** Texts as they were put to some models: one, or one for each of their inputs. */
interface Tried {
  readonly key: string;
  readonly texts: readonly string[];
  readonly trials: readonly string[];
  readonly names: readonly string[];
}

/** A sentence of the user's own on the uncompressed and on the selected model. */
export class TrySentence implements Section {
  readonly element: HTMLElement;
  readonly #fields = new TextFields(() => {
    this.#ask();
  });
  readonly #try = button(
    l10n.t('Try'),
    () => {
      this.#ask();
    },
    'primary',
  );
  readonly #form = element('div', { class: 'try-form' }, this.#fields.element, this.#try);
  readonly #answer = element('div', { class: 'answers', 'aria-live': 'polite' });
  readonly #past = element('ul', { class: 'past' });
  readonly #history = element(
    'div',
    { class: 'history' },
    element('h3', {}, l10n.t('Tried before')),
    this.#past,
  );
  readonly #notice = new AnswerNotice(() => {
    const asked = this.#asked;
    if (asked) this.#answers.retry(asked.key, () => this.#query(asked));
    this.#redraw();
  });
  readonly #answers = new Answers<readonly TriedSentence[]>(() => {
    this.#redraw();
  });
  #view: View | undefined;
  #run: string | undefined;
  #asked: Tried | undefined;
  #kept: readonly Tried[] = [];
  #drawn: readonly TriedSentence[] | undefined;

  constructor(private readonly actions: Actions) {
    this.element = element(
      'section',
      { class: 'card', 'aria-labelledby': 'try-title' },
      element('div', { class: 'card-head' }, element('h2', { id: 'try-title' }, l10n.t('Try a sentence'))),
      this.#form,
      this.#notice.element,
      this.#answer,
      this.#history,
    );
  }

  update(view: View): void {
    const unchanged = sameFigures(this.#view, view) && this.#run === view.model.run.key;
    this.#view = view;
    if (unchanged) return;
    if (this.#run !== view.model.run.key) {
      this.#run = view.model.run.key;
      this.#answers.clear();
      this.#asked = undefined;
      this.#kept = [];
    }
    this.#redraw();
  }

  #ask(): void {
    const { texts } = this.#fields;
    const models = this.#models();
    if (texts.every((text) => text === '') || models.length === 0) {
      this.#fields.focus();
      return;
    }
    const trials = models.map(({ trial }) => trial);
    this.#show({
      key: JSON.stringify([texts, ...trials]),
      texts,
      trials,
      names: models.map(({ name }) => name),
    });
  }

  /** Asks it unless its answer is known. The one shown is the newest of those that are kept. */
  #show(tried: Tried): void {
    this.#asked = tried;
    this.#kept = [tried, ...this.#kept.filter(({ key }) => key !== tried.key)].slice(0, HISTORY + 1);
    if (this.#answers.get(tried.key)?.state === 'failed')
      this.#answers.retry(tried.key, () => this.#query(tried));
    else this.#answers.ask(tried.key, () => this.#query(tried));
    this.#redraw();
  }

  #query({ trials, texts }: Tried): Promise<readonly TriedSentence[]> {
    return this.actions.query('sentence', { trials, texts });
  }

  /** The selected model and the one that it was made from, as far as they are there. */
  #models(): { readonly trial: string; readonly name: string }[] {
    if (this.#view === undefined) return [];
    const { model, rows, selected } = this.#view;
    const finished = model.finished();
    const trial = selected && bestTrial(selected, finished)?.trial;
    const baseline = rows.baseline && bestTrial(rows.baseline, finished)?.trial;
    const from = (trial === undefined ? undefined : model.planned.get(trial)?.from) ?? baseline;
    return [
      ...(from !== undefined ? [{ trial: from, name: modelName({ kind: 'baseline' }) }] : []),
      ...(selected && trial !== undefined && trial !== from ? [{ trial, name: modelName(selected) }] : []),
    ];
  }

  #redraw(): void {
    if (this.#view === undefined) return;
    const ready = this.#models().length > 0;
    this.#fields.name(this.#view.model.inputs);
    this.#form.hidden = !ready;
    this.#history.hidden = this.#kept.length < 2;
    const asked = this.#asked;
    const answer = asked && this.#answers.get(asked.key);
    if (!ready) this.#notice.wait(waitingText(this.#view));
    else if (answer?.state === 'asking') this.#notice.work(l10n.t('Classifying the sentence…'));
    else if (answer?.state === 'failed') this.#notice.fail(answer.error);
    else this.#notice.hide();

    const answers = answer?.state === 'answered' ? answer.value : undefined;
    if (answers !== this.#drawn) {
      this.#drawn = answers;
      this.#answer.replaceChildren(
        ...(answers ?? []).map((one, i) => answerCard(asked?.names[i] ?? '', one)),
      );
    }
    this.#past.replaceChildren(...this.#kept.slice(1).map((tried) => this.#pastItem(tried)));
  }

  #pastItem(tried: Tried): HTMLElement {
    const answer = this.#answers.get(tried.key);
    const labels = answer?.state === 'answered' ? answer.value.map(({ label }) => label).join(' → ') : '';
    const again = element('button', { type: 'button', class: 'past-text' }, tried.texts.join(' ‖ '));
    again.addEventListener('click', () => {
      this.#fields.texts = tried.texts;
      this.#show(tried);
      this.#fields.focus();
    });
    return element(
      'li',
      {},
      again,
      element('span', { class: 'muted' }, tried.names.at(-1) ?? '', labels && `: ${labels}`),
    );
  }
}

function waitingText({ model }: View): string {
  return model.ended
    ? l10n.t('The run ended before its first model was done.')
    : l10n.t('Known once the uncompressed model has been trained.');
}
