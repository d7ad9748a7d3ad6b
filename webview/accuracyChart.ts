import * as l10n from '@vscode/l10n';
import { Chart, type ActiveElement } from 'chart.js';
import { placeOn, type Axis } from './accuracyAxis.ts';
import { AccuracyControls } from './accuracyControls.ts';
import { accuracyDataset, frontDataset, markedPoints } from './accuracyDatasets.ts';
import { accuracyLegend } from './accuracyLegend.ts';
import { accuracyOptions, labelGutter } from './accuracyOptions.ts';
import {
  accuracyRange,
  accuracySeries,
  describeAbsent,
  describeAccuracy,
  heightsOf,
  referenceLines,
  type AccuracyPoint,
} from './accuracySeries.ts';
import './accuracy.css';
import { ChartBox, STILL } from './chartBase.ts';
import { saveButtons } from './chartExport.ts';
import { element, setText } from './element.ts';
import { errorBars } from './errorBars.ts';
import { frontOf, smallestAbove } from './floor.ts';
import { FloorControls } from './floorControls.ts';
import { FloorLine } from './floorLine.ts';
import { Legend } from './legend.ts';
import type { ModelRow, ModelRows } from './modelRows.ts';
import { sameFigures, type Actions, type Section, type View } from './section.ts';

/** In px: from here on the lines are labelled where they are. */
const LABELLED_WIDTH = 480;
/** More points than this have small ones. */
const FEW_POINTS = 40;

/** Accuracy against rank or size, and the smallest model that is accurate enough. */
export class AccuracyChart implements Section {
  readonly element: HTMLElement;
  readonly #title = element('h2', { id: 'accuracy-title' });
  readonly #controls: AccuracyControls;
  readonly #legend: Legend;
  readonly #absent = element('p', { class: 'muted small' });
  readonly #box = new ChartBox('accuracy');
  readonly #floorLine: FloorLine;
  readonly #floorControls: FloorControls;
  readonly #chart: Chart<'line', AccuracyPoint[]>;
  #view: View | undefined;
  /** While the line is dragged; the rest of the page waits for its last place. */
  #dragged: number | undefined;
  #frame: number | undefined;

  constructor(private readonly actions: Actions) {
    this.#controls = new AccuracyControls(
      (axis) => {
        actions.setAxis(axis);
      },
      () => {
        this.#redraw();
      },
    );
    this.#legend = new Legend((series, isShown) => {
      actions.show(series, isShown);
    });
    this.#floorControls = new FloorControls(actions);
    this.#floorLine = new FloorLine(
      (floor) => {
        this.#dragged = floor;
        this.#redraw();
      },
      (floor) => {
        this.#dragged = undefined;
        if (floor === undefined) this.#redraw();
        else actions.setFloor(floor);
      },
    );
    this.element = element(
      'section',
      { class: 'card', 'aria-labelledby': 'accuracy-title' },
      element(
        'div',
        { class: 'card-head' },
        this.#title,
        element(
          'div',
          { class: 'toggles' },
          ...this.#controls.elements,
          saveButtons('accuracy', () => this.#chart, actions),
        ),
      ),
      this.#legend.element,
      this.#box.element,
      this.#absent,
      this.#floorControls.element,
    );
    this.#chart = new Chart<'line', AccuracyPoint[]>(this.#box.canvas, {
      type: 'line',
      data: { datasets: [] },
      options: STILL,
      plugins: [errorBars, this.#floorLine],
    });
    this.#floorLine.listen(this.#chart);
  }

  update(view: View): void {
    const before = this.#view;
    this.#view = view;
    // A chart that is not drawn anew keeps its tooltip.
    if (
      !sameFigures(before, view) ||
      before?.floor !== view.floor ||
      before?.axis !== view.axis ||
      before.hidden !== view.hidden
    )
      this.#draw(view);
  }

  /** Once a frame at most. */
  #redraw(): void {
    if (this.#frame !== undefined) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = undefined;
      if (this.#view) this.#draw(this.#view);
    });
  }

  #draw(view: View): void {
    const { rows: all, selected, theme, axis, hidden } = view;
    const rows = withoutSeries(all, hidden);
    const empty = all.points.length === 0;
    const floor = empty ? undefined : (this.#dragged ?? view.floor);
    const smallest = floor === undefined ? undefined : smallestAbove(all.points, floor);
    const series = accuracySeries(rows, this.#controls.variants(), axis);
    const front = drawnFront(frontOf(rows.points), axis);
    const lines = referenceLines(rows);
    const width = this.#box.canvas.clientWidth;
    // Where a gutter would leave the curves too little, the legend has the labels.
    const gutter = lines.length > 0 && width >= LABELLED_WIDTH ? labelGutter(theme) : 0;

    setText(this.#title, axis === 'rank' ? l10n.t('Accuracy against rank') : l10n.t('Accuracy against size'));
    const absent = describeAbsent(rows, axis);
    setText(this.#absent, absent);
    this.#absent.hidden = absent === '';
    this.#controls.update(view);
    this.#floorControls.update(view, floor, smallest);
    this.#box.describe(describeAccuracy(rows, axis), empty ? emptyText(view) : undefined);
    this.#legend.update(
      empty
        ? []
        : accuracyLegend({
            rows: all,
            hidden,
            series,
            lines: gutter > 0 ? [] : lines,
            front: front.length > 1,
            floor: floor !== undefined,
          }),
    );

    this.#floorLine.floor = floor;
    this.#floorLine.theme = theme;
    this.#floorLine.gutter = gutter;
    const small = rows.points.length > FEW_POINTS;
    this.#chart.data = {
      datasets: [
        ...series.map((curve) => accuracyDataset(curve, theme, small)),
        frontDataset(front, theme, axis),
        ...markedPoints(shownOf(selected, hidden), shownOf(smallest, hidden), theme, axis),
      ],
    };
    // Of the floor where it is kept: the axis stands still while the line is dragged.
    const heights = [...heightsOf(series), ...lines.map((line) => line.accuracy), view.floor];
    this.#chart.options = {
      ...accuracyOptions(theme, {
        axis,
        places: [...rows.points, ...rows.compared].flatMap((row) => placeOn(axis, row) ?? []),
        range: accuracyRange(heights.filter((height) => height !== undefined)),
        floor,
        lines,
        width,
        gutter,
        dragging: this.#dragged !== undefined,
        baseline: rows.baseline,
      }),
      onClick: (_event, hits) => {
        this.#choose(hits);
      },
      // The room for names on the axis has changed.
      onResize: () => {
        if (this.#view) this.#draw(this.#view);
      },
    };
    this.#chart.update('none');
  }

  #choose([hit]: readonly ActiveElement[]): void {
    const point = hit && this.#chart.data.datasets[hit.datasetIndex]?.data[hit.index];
    if (point) this.actions.select(point.row);
  }
}

/** None where sizes do not rise along the axis, as among ranks of different bits: its steps would mean nothing. */
function drawnFront(front: readonly ModelRow[], axis: Axis): readonly ModelRow[] {
  const places = front.map((row) => placeOn(axis, row) ?? NaN);
  return places.every((place, i) => i === 0 || place >= (places[i - 1] ?? NaN)) ? front : [];
}

/** A curve that is taken out takes no part in the front, and what is marked of it is not drawn. */
function withoutSeries(rows: ModelRows, hidden: ReadonlySet<string>): ModelRows {
  if (hidden.size === 0) return rows;
  const shown = (row: ModelRow): boolean => shownOf(row, hidden) !== undefined;
  return { ...rows, points: rows.points.filter(shown), compared: rows.compared.filter(shown) };
}

function shownOf(row: ModelRow | undefined, hidden: ReadonlySet<string>): ModelRow | undefined {
  return row?.series !== undefined && hidden.has(row.series) ? undefined : row;
}

function emptyText({ model, rows, state }: View): string {
  if (model.ended) return l10n.t('The run ended before its first compressed model was done.');
  if (state === 'queued') return l10n.t('The run has not started yet.');
  if (state === 'paused') return l10n.t('The run was paused before its first compressed model was done.');
  if (rows.baseline === undefined) return l10n.t('The first model is training…');
  return l10n.t('The first compressed model is on its way…');
}
