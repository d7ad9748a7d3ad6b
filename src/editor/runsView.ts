import * as vscode from 'vscode';
import { describeRun, isResumable, spokenRun, stateIcons } from './runLabels.ts';
import type { RunStore } from './runStore.ts';

/** The tree *Runs*, newest first; its elements are the runs' folders. */
export class RunsView implements vscode.TreeDataProvider<string>, vscode.Disposable {
  readonly #runs: RunStore;
  readonly #changed = new vscode.EventEmitter<string | undefined>();
  readonly #listening: vscode.Disposable;
  #shown = new Set<string>();

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(runs: RunStore) {
    this.#runs = runs;
    this.#listening = runs.onDidChange((folder) => {
      const stays = this.#shown.has(folder) && runs.statusOf(folder) !== undefined;
      this.#changed.fire(stays ? folder : undefined);
    });
  }

  getChildren(element?: string): string[] {
    if (element !== undefined) return [];
    const folders = this.#runs.runs.map(({ folder }) => folder);
    this.#shown = new Set(folders);
    return folders;
  }

  getTreeItem(folder: string): vscode.TreeItem {
    const status = this.#runs.statusOf(folder);
    const item = new vscode.TreeItem(status?.recipe ?? folder);
    item.id = folder;
    if (status === undefined) return item;
    const { icon, color } = stateIcons[status.state];
    item.iconPath = new vscode.ThemeIcon(icon, new vscode.ThemeColor(color));
    item.description = describeRun(status);
    item.accessibilityInformation = { label: spokenRun(status) };
    item.tooltip = [status.recipePath, folder, status.error?.message].filter(Boolean).join('\n');
    item.contextValue = isResumable(status.state) ? 'resumable' : status.state;
    item.command = { command: 'embeddingPress.openPanel', title: 'Open Panel', arguments: [folder] };
    return item;
  }

  dispose(): void {
    this.#listening.dispose();
    this.#changed.dispose();
  }
}
