import './strings.ts';
import './page.css';
import './panel.css';
import * as l10n from '@vscode/l10n';
import type { ComparedRun, HostMessage, PageMessage, PanelPageState } from '../src/editor/panelProtocol.ts';
import { defaultAxis, type Axis } from './accuracyAxis.ts';
import { AccuracyChart } from './accuracyChart.ts';
import { CostCharts } from './costChart.ts';
import { WhatChanged } from './differences.ts';
import { element } from './element.ts';
import { defaultFloor, smallestAbove } from './floor.ts';
import { Header } from './header.ts';
import { modelRows, type ModelRow, type ModelRows } from './modelRows.ts';
import { ModelTable } from './modelTable.ts';
import { OpenQueries } from './queries.ts';
import { RunModel } from './runModel.ts';
import { searchedRow } from './searchRounds.ts';
import { SearchRounds } from './searchSection.ts';
import { SettingsSearch } from './searchSettingsSection.ts';
import type { Actions, Section } from './section.ts';
import { SpectrumChart } from './spectrumChart.ts';
import { onThemeChange, readTheme } from './theme.ts';
import { TraceChart } from './traceChart.ts';
import { TrySentence } from './trySentence.ts';

const host = acquireVsCodeApi<PanelPageState>();
let model: RunModel | undefined;
let compared: readonly ComparedRun[] = [];
/** What is kept of the user's choices. */
let { selected, floor, axis }: Pick<PanelPageState, 'selected' | 'floor' | 'axis'> = host.getState() ?? {};
let hidden: ReadonlySet<string> = new Set(host.getState()?.hidden);
let theme = readTheme();
let frame: number | undefined;

const queries = new OpenQueries((message) => {
  host.postMessage(message);
});
const actions: Actions = {
  select(row: ModelRow) {
    selected = row.id;
    keep();
  },
  setFloor(wanted: number | undefined) {
    floor = wanted;
    keep();
  },
  setAxis(wanted: Axis) {
    axis = wanted;
    keep();
  },
  show(series: string, isShown: boolean) {
    hidden = new Set(isShown ? [...hidden].filter((id) => id !== series) : [...hidden, series]);
    keep();
  },
  post(message: PageMessage) {
    host.postMessage(message);
  },
  query: (kind, ask) => queries.ask(kind, ask),
};

const header = new Header(actions);
const body: readonly Section[] = [
  new AccuracyChart(actions),
  new TraceChart(actions),
  new SettingsSearch('train'),
  new SettingsSearch('retrain'),
  new SearchRounds(actions),
  new SpectrumChart(actions),
  new ModelTable(actions),
  new CostCharts(actions),
  new WhatChanged(actions),
  new TrySentence(actions),
];
const waiting = element('p', { class: 'waiting' }, l10n.t('Reading the run…'));

function receive(message: HostMessage): void {
  switch (message.type) {
    case 'snapshot':
      open(message);
      break;
    case 'events':
      model?.applyAll(message.events);
      break;
    case 'status':
      if (model) model.status = message.status;
      break;
    case 'results':
      model?.setResults(message.results);
      break;
    case 'compared':
      compared = message.runs;
      keep();
      break;
    case 'answer':
      queries.settle(message);
      return;
  }
  schedule();
}

function open({ run, status, events, results }: HostMessage & { type: 'snapshot' }): void {
  if (host.getState()?.run !== run.key) {
    selected = floor = axis = undefined;
    hidden = new Set();
    queries.drop();
  }
  model = new RunModel(run, status);
  model.applyAll(events);
  if (results) model.setResults(results);
  keep();
}

/** For the page's next life, and draws what has changed. */
function keep(): void {
  if (model === undefined) return;
  host.setState({
    run: model.run.key,
    compared: compared.map(({ run }) => run.key),
    ...(selected !== undefined && { selected }),
    ...(floor !== undefined && { floor }),
    ...(axis !== undefined && { axis }),
    ...(hidden.size > 0 && { hidden: [...hidden] }),
  });
  schedule();
}

/** Draws once a frame at most, however many messages come. */
function schedule(): void {
  frame ??= requestAnimationFrame(() => {
    frame = undefined;
    draw();
  });
}

function draw(): void {
  if (model === undefined) return;
  if (waiting.isConnected) {
    waiting.replaceWith(
      header.element,
      element('div', { class: 'sections' }, ...body.map((part) => part.element)),
    );
  }
  const rows = rowsOf(model);
  const planned = [...model.planned.values()];
  const chosen = [rows.baseline, rows.control, ...rows.points, ...rows.compared].find(
    (row) => row !== undefined && row.id === selected,
  );
  const search = model.searchOf('models');
  const shownFloor = floor ?? defaultFloor(rows, search?.target);
  const smallest = shownFloor === undefined ? undefined : smallestAbove(rows.points, shownFloor);
  const view = {
    model,
    state: model.status.state,
    rows,
    compared: compared.map(({ run }) => run),
    floor: shownFloor,
    smallest,
    axis: axis ?? defaultAxis(planned.filter(({ kind }) => kind === 'point')),
    hidden,
    chosen,
    selected: chosen ?? searchedRow(search, rows.points) ?? smallest,
    theme,
  };
  for (const section of [header, ...body]) section.update(view);
}

interface Made {
  readonly of: RunModel;
  readonly revision: number;
  readonly ended: boolean;
  readonly compared: readonly ComparedRun[];
  readonly rows: ModelRows;
}
let made: Made | undefined;

/** The same rows as long as no result has come. */
function rowsOf(of: RunModel): ModelRows {
  const { revision, ended } = of;
  if (made?.of !== of || made.revision !== revision || made.ended !== ended || made.compared !== compared)
    made = {
      of,
      revision,
      ended,
      compared,
      rows: modelRows(of.finished(), ended, compared, [...of.planned.values()]),
    };
  return made.rows;
}

window.addEventListener('message', (event: MessageEvent<HostMessage>) => {
  receive(event.data);
});
onThemeChange(() => {
  theme = readTheme();
  schedule();
});
document.getElementById('panel')?.append(waiting);
actions.post({ type: 'ready' });
