import * as l10n from '@vscode/l10n';
import { Chart } from 'chart.js';
import type { SpectrumReport } from '../src/core/report/reports.ts';
import { AnswerNotice } from './answerNotice.ts';
import { Answers } from './answers.ts';
import { ChartBox, STILL } from './chartBase.ts';
import { saveButtons } from './chartExport.ts';
import type { XY } from '../src/core/report/decimate.ts';
import { element, setText } from './element.ts';
import { Legend } from './legend.ts';
import type { Metric } from '../src/core/recipe/recipe.ts';
import { metricName } from '../src/editor/pointName.ts';
import type { ModelRows } from './modelRows.ts';
import { seriesLook, type SeriesLook } from './seriesLook.ts';
import { sameFigures, type Actions, type Section, type View } from './section.ts';
import { Segments } from './segments.ts';
import { describeMost, describeRank, describeSpectrum, spectrumCurves } from './spectrumCurves.ts';
import { spectrumDatasets, spectrumOptions, type SpectrumLook } from './spectrumOptions.ts';

const KEY = 'spectrum';

/** What each rank keeps of the uncompressed embedding, so that one can be picked before it is trained. */
export class SpectrumChart implements Section {
  readonly element: HTMLElement;
  readonly #box = new ChartBox('spectrum');
  readonly #legend = new Legend();
  readonly #look = new Segments<SpectrumLook>(
    'spectrum-look',
    l10n.t('What is shown of the spectrum'),
    [
      ['kept', l10n.t('Kept')],
      ['values', l10n.t('Values')],
    ],
    () => {
      this.#redraw();
    },
  );
  readonly #facts = element('ul', { class: 'facts' });
  readonly #notice: AnswerNotice;
  readonly #drawing: HTMLElement;
  readonly #answers = new Answers<SpectrumReport>(() => {
    this.#redraw();
  });
  readonly #chart: Chart<'line', XY[]>;
  #view: View | undefined;
  #run: string | undefined;

  constructor(private readonly actions: Actions) {
    this.#notice = new AnswerNotice(() => {
      this.#answers.retry(KEY, () => actions.query('spectrum', {}));
      this.#redraw();
    });
    this.#drawing = element('div', {}, this.#legend.element, this.#box.element, this.#facts);
    this.element = element(
      'section',
      { class: 'card', 'aria-labelledby': 'spectrum-title' },
      element(
        'div',
        { class: 'card-head' },
        element('h2', { id: 'spectrum-title' }, l10n.t('What each rank keeps')),
        element(
          'div',
          { class: 'toggles' },
          this.#look.element,
          saveButtons('spectrum', () => this.#chart, actions),
        ),
      ),
      this.#notice.element,
      this.#drawing,
    );
    this.#chart = new Chart<'line', XY[]>(this.#box.canvas, {
      type: 'line',
      data: { datasets: [] },
      options: STILL,
    });
  }

  update(view: View): void {
    const unchanged = sameFigures(this.#view, view) && this.#run === view.model.run.key;
    this.#view = view;
    if (unchanged) return;
    if (this.#run !== view.model.run.key) {
      this.#run = view.model.run.key;
      this.#answers.clear();
    }
    if (view.rows.baseline) this.#answers.ask(KEY, () => this.actions.query('spectrum', {}));
    this.#redraw();
  }

  #redraw(): void {
    if (this.#view) this.#draw(this.#view);
  }

  #draw(view: View): void {
    const answer = this.#answers.get(KEY);
    this.#drawing.hidden = answer?.state !== 'answered';
    this.#look.element.hidden = answer?.state !== 'answered';
    // Without data there is nothing to save.
    if (answer?.state !== 'answered') this.#box.describe(l10n.t('No spectrum yet.'), '');
    if (answer?.state === 'answered') {
      this.#notice.hide();
      this.#show(answer.value, view);
    } else if (answer?.state === 'failed') this.#notice.fail(answer.error);
    else if (answer?.state === 'asking') this.#notice.work(l10n.t('Computing the spectrum…'));
    else if (view.model.ended)
      this.#notice.wait(l10n.t('The run ended before its uncompressed model was done.'));
    else this.#notice.wait(l10n.t('Known once the uncompressed model has been trained.'));
  }

  #show(report: SpectrumReport, { model, rows, selected, theme }: View): void {
    const curves = spectrumCurves(report);
    const lookOf = spectrumLooks(
      rows,
      curves.map(({ metric }) => metric),
    );
    const ranks = [...new Set([...model.planned.values()].flatMap(({ rank }) => rank ?? []))].sort(
      (a, b) => a - b,
    );
    this.#legend.update([
      ...curves.map(({ metric }) => ({
        mark: { ...lookOf(metric), isHollow: false },
        colour: `colour-${lookOf(metric).colour}`,
        text:
          metric === 'spectrum'
            ? l10n.t('{0} metric, squared singular values', metricName(metric))
            : l10n.t('{0} metric, eigenvalues', metricName(metric)),
      })),
      ...(ranks.length > 0
        ? [{ mark: 'solid' as const, colour: 'neutral', text: l10n.t('Rank of this run') }]
        : []),
    ]);
    const rank = selected?.rank;
    const facts = [...curves.map(describeMost), ...(rank === undefined ? [] : [describeRank(curves, rank)])];
    while (this.#facts.childElementCount > facts.length) this.#facts.lastElementChild?.remove();
    facts.forEach((text, i) => {
      const item = this.#facts.children[i];
      if (item instanceof HTMLElement) setText(item, text);
      else this.#facts.append(element('li', {}, text));
    });
    this.#box.describe(describeSpectrum(report, curves, ranks), undefined);
    const look = this.#look.value;
    this.#chart.data = { datasets: spectrumDatasets(curves, look, ranks, lookOf, theme) };
    this.#chart.options = spectrumOptions(theme, curves, look, rank);
    this.#chart.update('none');
  }
}

/** A metric looks as the first curve of the run that is made by it; one that has none looks like no other. */
function spectrumLooks({ series }: ModelRows, metrics: readonly Metric[]): (metric: Metric) => SeriesLook {
  const looks = new Map<Metric, SeriesLook>();
  for (const { metric, look } of series.values()) if (metric && !looks.has(metric)) looks.set(metric, look);
  let place = series.size;
  for (const metric of metrics) if (!looks.has(metric)) looks.set(metric, seriesLook(place++));
  return (metric) => looks.get(metric) ?? seriesLook(0);
}
