import * as vscode from 'vscode';
import type { Run } from '../process/runStatus.ts';
import type { Panels } from './panel.ts';
import { progressOf } from './runLabels.ts';
import type { RunStore } from './runStore.ts';
import { showMendable } from './userErrors.ts';

/** Says in the status bar how far the running runs are, and in one notification that a run has ended. */
export class RunNotices implements vscode.Disposable {
  readonly #runs: RunStore;
  readonly #panels: Panels;
  readonly #item: vscode.StatusBarItem;
  readonly #listening: vscode.Disposable;

  constructor(runs: RunStore, panels: Panels) {
    this.#runs = runs;
    this.#panels = panels;
    this.#item = vscode.window.createStatusBarItem('runs', vscode.StatusBarAlignment.Left, 0);
    this.#item.name = 'Embedding Press';
    this.#item.command = 'embeddingPress.showRunning';
    this.#item.tooltip = 'Open or cancel';
    this.#listening = vscode.Disposable.from(
      runs.onDidChange(() => {
        this.#draw();
      }),
      runs.onDidEnd((run) => this.#tellEnd(run)),
    );
  }

  dispose(): void {
    vscode.Disposable.from(this.#item, this.#listening).dispose();
  }

  #draw(): void {
    const [newest, ...others] = this.#runs.running;
    if (newest === undefined) {
      this.#item.hide();
      return;
    }
    const text = `Embedding Press: ${newest.status.recipe} ${progressOf(newest.status)}`;
    const more = others.length === 0 ? '' : `, ${others.length} more`;
    this.#item.text = `$(sync~spin) ${text}${more}`;
    this.#item.accessibilityInformation = { label: text + more, role: 'button' };
    this.#item.show();
  }

  async #tellEnd({ folder, status }: Run): Promise<void> {
    const open = 'Open Panel';
    const { recipe, state, error } = status;
    const chosen =
      state === 'failed' && error
        ? await showMendable({ ...error, heading: `${recipe} failed` }, open)
        : await vscode.window.showInformationMessage(`Embedding Press: ${recipe} ${endings[state]}.`, open);
    if (chosen === open) await this.#panels.show(folder);
  }
}

const endings: Readonly<Record<Run['status']['state'], string>> = {
  running: 'is running',
  done: 'is done',
  failed: 'failed',
  cancelled: 'was cancelled; what is done is kept and can be resumed',
  interrupted: 'lost its process; it can be resumed',
};
