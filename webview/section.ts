import type { PageMessage, PanelRun, PanelState, Queries, QueryKind } from '../src/editor/panelProtocol.ts';
import type { Axis } from './accuracyAxis.ts';
import type { ModelRow, ModelRows } from './modelRows.ts';
import type { RunModel } from './runModel.ts';
import type { Theme } from './theme.ts';

/** All that a section draws. */
export interface View {
  readonly model: RunModel;
  /** The model's state when the view was made; the model itself goes on. */
  readonly state: PanelState;
  readonly rows: ModelRows;
  /** The runs compared with this one, also those that have no row yet. */
  readonly compared: readonly PanelRun[];
  /** The accuracy floor: the user's, else the default, which is not known before there is a baseline. */
  readonly floor: number | undefined;
  /** The smallest point that reaches the floor. */
  readonly smallest: ModelRow | undefined;
  /** Of the accuracy chart. */
  readonly axis: Axis;
  /** Ids of the curves that are taken out of the accuracy chart. */
  readonly hidden: ReadonlySet<string>;
  /** What the user has chosen; it may be of a compared run. */
  readonly chosen: ModelRow | undefined;
  /** The same, else the model that a search has found, else the smallest point that reaches the floor. */
  readonly selected: ModelRow | undefined;
  readonly theme: Theme;
}

/** Whether nothing has changed but steps and epochs. */
export function sameFigures(a: View | undefined, b: View): boolean {
  return a?.rows === b.rows && a.selected === b.selected && a.theme === b.theme && a.state === b.state;
}

/** What a section can ask for. */
export interface Actions {
  select(row: ModelRow): void;
  /** Back to the default where it is undefined. */
  setFloor(floor: number | undefined): void;
  setAxis(axis: Axis): void;
  /** Takes a curve out of the accuracy chart, or puts it back. */
  show(series: string, isShown: boolean): void;
  post(message: PageMessage): void;
  /** Asks the host; rejects with a `QueryError`. A newer query of the same kind leaves this one unanswered for ever. */
  query<K extends QueryKind>(kind: K, ask: Queries[K]['ask']): Promise<Queries[K]['answer']>;
}

/** A part of the page; one file each. `update` is called once a frame at most, and with all there is. */
export interface Section {
  readonly element: HTMLElement;
  update(view: View): void;
}
