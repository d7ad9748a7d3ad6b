import type { PageMessage, PanelState, Queries, QueryKind } from '../src/editor/panelProtocol.ts';
import type { ModelRow, ModelRows } from './modelRows.ts';
import type { RunModel } from './runModel.ts';
import type { Theme } from './theme.ts';

/** All that a section draws. */
export interface View {
  readonly model: RunModel;
  /** The model's state when the view was made; the model itself goes on. */
  readonly state: PanelState;
  readonly rows: ModelRows;
  /** What the user has chosen. */
  readonly chosen: ModelRow | undefined;
  /** The same, else the best point so far. */
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
  post(message: PageMessage): void;
  /** Asks the host; rejects with a `QueryError`. A newer query of the same kind leaves this one unanswered for ever. */
  query<K extends QueryKind>(kind: K, ask: Queries[K]['ask']): Promise<Queries[K]['answer']>;
}

/** A part of the page; one file each. `update` is called once a frame at most, and with all there is. */
export interface Section {
  readonly element: HTMLElement;
  update(view: View): void;
}
