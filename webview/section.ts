import type { PageMessage } from '../src/editor/panelProtocol.ts';
import type { ModelRow, ModelRows } from './modelRows.ts';
import type { RunModel } from './runModel.ts';
import type { Theme } from './theme.ts';

/** All that a section draws. */
export interface View {
  readonly model: RunModel;
  readonly rows: ModelRows;
  /** What the user has chosen. */
  readonly chosen: ModelRow | undefined;
  /** The same, else the best point so far. */
  readonly selected: ModelRow | undefined;
  readonly theme: Theme;
}

/** What a section can ask for. */
export interface Actions {
  select(row: ModelRow): void;
  post(message: PageMessage): void;
}

/** A part of the page; one file each. `update` is called once a frame at most, and with all there is. */
export interface Section {
  readonly element: HTMLElement;
  update(view: View): void;
}
