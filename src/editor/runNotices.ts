import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Run, RunState } from '../process/runStatus.ts';
import type { Panels } from './panel.ts';
import { describeRun, progressOf, spokenRun } from './runLabels.ts';
import type { RunStore } from './runStore.ts';
import { showMendable } from './userErrors.ts';

/** Says in the status bar how far the runs are, and in one notification that a run has ended. */
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
    const { going, running } = this.#runs;
    // One that runs tells more than one that waits.
    const shown = running[0] ?? going[0];
    if (shown === undefined) {
      this.#item.hide();
      return;
    }
    const { status } = shown;
    const isPaused = status.state === 'paused';
    const text = isPaused
      ? l10n.t('Embedding Press: {0} is paused', status.recipe)
      : l10n.t('Embedding Press: {0} {1}', status.recipe, progressOf(status));
    const others = going.length - 1;
    const more = others === 0 ? '' : `, ${l10n.t('{0} more', others)}`;
    this.#item.text = `$(${isPaused ? 'debug-pause' : 'sync~spin'}) ${text}${more}`;
    this.#item.tooltip = tooltip(going);
    this.#item.accessibilityInformation = {
      label: `Embedding Press: ${going.map((run) => spokenRun(run.status)).join('; ')}`,
      role: 'button',
    };
    this.#item.show();
  }

  async #tellEnd({ folder, status }: Run): Promise<void> {
    const open = l10n.t('Open Panel');
    const { recipe, state, error } = status;
    const chosen =
      state === 'failed' && error
        ? await showMendable({ ...error, heading: l10n.t('{0} failed', recipe) }, open)
        : await vscode.window.showInformationMessage(`Embedding Press: ${ending(state, recipe)}`, open);
    if (chosen === open) await this.#panels.show(folder);
  }
}

function tooltip(runs: readonly Run[]): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  for (const { status } of runs) {
    text.appendMarkdown('**').appendText(status.recipe).appendMarkdown('** ');
    text.appendText(describeRun(status)).appendMarkdown('\n\n');
  }
  return text.appendText(l10n.t('Click to open, pause or cancel.'));
}

function ending(state: RunState, recipe: string): string {
  switch (state) {
    case 'failed':
      return l10n.t('{0} failed.', recipe);
    case 'cancelled':
      return l10n.t('{0} was cancelled; what is done is kept and can be resumed.', recipe);
    case 'interrupted':
      return l10n.t('{0} lost its process; it can be resumed.', recipe);
    default:
      return l10n.t('{0} is done.', recipe);
  }
}
