import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { comparedOf } from './comparedRuns.ts';
import type { PanelPageState } from './panelProtocol.ts';
import type { RunPanel, RunPanelParts } from './runPanel.ts';

export const panelType = 'embeddingPress.run';

/** The panels that are open, one a run at most. */
export class Panels implements vscode.WebviewPanelSerializer, vscode.Disposable {
  readonly #parts: RunPanelParts;
  readonly #open = new Map<string, RunPanel>();
  readonly #listening: vscode.Disposable;

  constructor(parts: RunPanelParts) {
    this.#parts = parts;
    this.#listening = vscode.Disposable.from(
      vscode.window.registerWebviewPanelSerializer(panelType, this),
      // A run that is deleted takes its panel along.
      parts.runs.onDidChange((folder) => {
        if (parts.runs.statusOf(folder) === undefined) this.#open.get(folder)?.panel.dispose();
      }),
    );
  }

  /** Opens a run's panel, or brings it to the front. */
  async show(folder: string): Promise<void> {
    await this.#shown(folder);
  }

  /** Opens a run's panel with other runs beside its own. */
  async compare(folder: string, others: readonly string[]): Promise<void> {
    await (await this.#shown(folder)).compare(others);
  }

  async deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const folder = (state as Partial<PanelPageState> | undefined)?.run;
    const status = typeof folder === 'string' ? await this.#parts.runs.read(folder) : undefined;
    const { RunPanel } = await import('./runPanel.ts');
    if (typeof folder !== 'string' || status === undefined || this.#open.has(folder)) {
      panel.dispose();
      return;
    }
    const attached = new RunPanel(folder, panel, status, this.#parts);
    this.#keep(folder, attached);
    await attached.compare(comparedOf(state));
  }

  /** Leaves the panels open: a window that is reloaded brings them back. */
  dispose(): void {
    this.#listening.dispose();
  }

  async #shown(folder: string): Promise<RunPanel> {
    const { runs } = this.#parts;
    const status = runs.statusOf(folder) ?? (await runs.read(folder));
    const { RunPanel } = await import('./runPanel.ts');
    // Asked after the wait, in which another call may have opened it.
    const open = this.#open.get(folder);
    if (open) {
      open.panel.reveal();
      return open;
    }
    if (status === undefined) throw new Error(l10n.t('There is no run in {0}.', folder));
    const panel = vscode.window.createWebviewPanel(panelType, status.recipe, vscode.ViewColumn.Active, {});
    const shown = new RunPanel(folder, panel, status, this.#parts);
    this.#keep(folder, shown);
    return shown;
  }

  #keep(folder: string, open: RunPanel): void {
    this.#open.set(folder, open);
    open.panel.onDidDispose(() => this.#open.delete(folder));
  }
}
