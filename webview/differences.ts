import * as l10n from '@vscode/l10n';
import type { Differences } from '../src/core/report/reports.ts';
import { AnswerNotice } from './answerNotice.ts';
import { Answers } from './answers.ts';
import { bestTrial } from './bestTrial.ts';
import { confusionTable } from './confusionTable.ts';
import { classTable } from './differencesClasses.ts';
import { changedCount, classFigures, summarize } from './differencesFigures.ts';
import { FlipTable } from './differencesFlips.ts';
import { element, setText } from './element.ts';
import './insight.css';
import { modelName } from './modelRows.ts';
import { sameFigures, type Actions, type Section, type View } from './section.ts';

/** Before it asks, in ms: whoever walks through the models wants the last one. */
const PAUSE_MS = 300;

/** What the selected model predicts otherwise than the one it was made from. */
export class WhatChanged implements Section {
  readonly element: HTMLElement;
  readonly #name = element('p', { class: 'muted' });
  readonly #summary = element('p', { class: 'summary', role: 'status' });
  readonly #tables = element('div', { class: 'change-tables' });
  readonly #flips = new FlipTable();
  readonly #drawing = element('div', {}, this.#summary, this.#tables, this.#flips.element);
  readonly #notice = new AnswerNotice(() => {
    this.#ask();
  });
  readonly #answers = new Answers<Differences>(() => {
    this.#redraw();
  });
  #view: View | undefined;
  #run: string | undefined;
  /** What is wanted of the host, and the question that waits for a pause. */
  #asked: { readonly key: string; readonly trial: string } | undefined;
  #pause: ReturnType<typeof setTimeout> | undefined;
  #drawn: Differences | undefined;

  constructor(private readonly actions: Actions) {
    this.element = element(
      'section',
      { class: 'card', 'aria-labelledby': 'changed-title' },
      element(
        'div',
        { class: 'card-head' },
        element('h2', { id: 'changed-title' }, l10n.t('What changed')),
        this.#name,
      ),
      this.#notice.element,
      this.#drawing,
    );
  }

  update(view: View): void {
    const unchanged = sameFigures(this.#view, view) && this.#run === view.model.run.key;
    this.#view = view;
    if (unchanged) return;
    if (this.#run !== view.model.run.key) {
      this.#run = view.model.run.key;
      this.#answers.clear();
    }
    this.#follow(view);
    this.#redraw();
  }

  /** The question changes with the model, and with the end of the run, which opens the test set. */
  #follow({ model, selected }: View): void {
    const trial =
      selected === undefined || selected.kind === 'baseline'
        ? undefined
        : bestTrial(selected, model.finished())?.trial;
    const key = `${trial ?? ''} ${model.ended ? 'test' : 'validation'}`;
    if (trial !== undefined && key === this.#asked?.key) return;
    clearTimeout(this.#pause);
    this.#asked = trial === undefined ? undefined : { key, trial };
    if (this.#asked && !this.#answers.get(key))
      this.#pause = setTimeout(() => {
        this.#ask();
      }, PAUSE_MS);
  }

  /** Also again, after an error. */
  #ask(): void {
    const asked = this.#asked;
    if (asked === undefined) return;
    this.#answers.retry(asked.key, () => this.actions.query('differences', { trial: asked.trial }));
    this.#redraw();
  }

  #redraw(): void {
    if (this.#view === undefined) return;
    const { selected } = this.#view;
    const answer = this.#asked && this.#answers.get(this.#asked.key);
    setText(
      this.#name,
      this.#asked && selected ? l10n.t('{0} against uncompressed', modelName(selected)) : '',
    );
    this.#drawing.hidden = answer?.state !== 'answered';
    if (answer?.state === 'answered') {
      this.#notice.hide();
      this.#draw(answer.value);
    } else if (answer?.state === 'failed') this.#notice.fail(answer.error);
    else if (this.#asked) this.#notice.work(l10n.t('Comparing the predictions of both models…'));
    else this.#notice.wait(waitingText(this.#view));
  }

  #draw(differences: Differences): void {
    if (differences === this.#drawn) return;
    this.#drawn = differences;
    setText(this.#summary, summarize(differences));
    const { classes, labels = [], confusionBefore, confusionAfter } = differences;
    this.#tables.replaceChildren(
      ...(confusionBefore === undefined || confusionAfter === undefined
        ? [
            element(
              'p',
              { class: 'muted' },
              l10n.t(
                'A sentence may have several labels, so there is no confusion matrix; a sentence counts as right where all of its labels are.',
              ),
            ),
            classTable(l10n.t('F1 by label'), labels),
          ]
        : [
            classTable(
              l10n.t('Accuracy by class'),
              classFigures({ classes, confusionBefore, confusionAfter }),
            ),
            element(
              'div',
              { class: 'confusions' },
              confusionTable(l10n.t('Confusion before'), classes, confusionBefore),
              confusionTable(l10n.t('Confusion after'), classes, confusionAfter),
            ),
          ]),
    );
    this.#flips.element.hidden = changedCount(differences) === 0;
    this.#flips.show(differences);
  }
}

function waitingText({ model, selected, rows }: View): string {
  if (selected?.run !== undefined)
    return l10n.t('Open the run of this model to see what it predicts otherwise.');
  if (selected?.kind === 'baseline')
    return l10n.t('Select a compressed model to see what it predicts otherwise.');
  if (rows.points.length === 0 && model.ended)
    return l10n.t('The run ended before its first compressed model was done.');
  return l10n.t('Known once a compressed model has been trained.');
}
