import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { userErrorOf } from '../core/errors.ts';
import { isGoing, type RunStatus } from '../process/runStatus.ts';
import { describeRun, formatStart, runContext, spokenRun, stateIcons } from './runLabels.ts';
import { runPlace } from './runPlace.ts';
import type { RunStore } from './runStore.ts';

/**
 * Between two redraws. VS Code waits until nothing has changed for 200 ms, which with several runs going on may never
 * be.
 */
const redrawMs = 300;

/** The tree *Runs*, newest first; its elements are the runs' folders. */
export class RunsView implements vscode.TreeDataProvider<string>, vscode.Disposable {
  readonly #runs: RunStore;
  readonly #changed = new vscode.EventEmitter<string[] | undefined>();
  readonly #tree: vscode.TreeView<string>;
  readonly #listening: vscode.Disposable;
  /** What is drawn of each run: a status is written each second, and most of them draw the same. */
  readonly #drawn = new Map<string, string>();
  /** Runs to draw, or all of them, with the next redraw. */
  #outdated: Set<string> | 'all' = new Set();
  #redrawing: NodeJS.Timeout | undefined;

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(runs: RunStore) {
    this.#runs = runs;
    this.#tree = vscode.window.createTreeView('embeddingPress.runs', { treeDataProvider: this });
    this.#listening = runs.onDidChange((folder) => {
      this.#count();
      this.#draw(folder);
    });
  }

  getChildren(element?: string): string[] {
    if (element !== undefined) return [];
    this.#drawn.clear();
    return this.#runs.runs.map(({ folder, status }) => {
      this.#drawn.set(folder, drawing(status));
      return folder;
    });
  }

  /** All runs lie at the top; `reveal` asks. */
  getParent(): undefined {
    return undefined;
  }

  getTreeItem(folder: string): vscode.TreeItem {
    const status = this.#runs.statusOf(folder);
    const item = new vscode.TreeItem(status?.recipe ?? folder);
    item.id = folder;
    if (status === undefined) return item;
    const { icon, color } = stateIcons[status.state];
    item.iconPath = new vscode.ThemeIcon(icon, new vscode.ThemeColor(color));
    const place = runPlace(folder);
    item.description = [...place, describeRun(status)].join(', ');
    item.accessibilityInformation = { label: [spokenRun(status), ...place].join(', ') };
    item.tooltip = tooltip(folder, status);
    item.contextValue = runContext(status.state);
    item.command = {
      command: 'embeddingPress.openPanel',
      title: l10n.t('Open Panel'),
      arguments: [folder],
    };
    return item;
  }

  dispose(): void {
    clearTimeout(this.#redrawing);
    vscode.Disposable.from(this.#listening, this.#tree, this.#changed).dispose();
  }

  /** Draws one run, or all of them where one has come or gone; one that has just begun is selected. */
  #draw(folder: string): void {
    const status = this.#runs.statusOf(folder);
    const before = this.#drawn.get(folder);
    if (status === undefined || before === undefined) {
      this.#redraw();
      if (status && isGoing(status.state) && this.#tree.visible) void this.#tree.reveal(folder);
      return;
    }
    const now = drawing(status);
    if (now === before) return;
    this.#drawn.set(folder, now);
    this.#redraw(folder);
  }

  /** @param folder a run's; all runs where it is absent */
  #redraw(folder?: string): void {
    if (folder === undefined) this.#outdated = 'all';
    else if (this.#outdated !== 'all') this.#outdated.add(folder);
    this.#redrawing ??= setTimeout(() => {
      this.#redrawing = undefined;
      const outdated = this.#outdated;
      this.#outdated = new Set();
      this.#changed.fire(outdated === 'all' ? undefined : [...outdated]);
    }, redrawMs);
  }

  #count(): void {
    const value = this.#runs.going.length;
    if (value === (this.#tree.badge?.value ?? 0)) return;
    const tooltip = value === 1 ? l10n.t('1 run is going on') : l10n.t('{0} runs are going on', value);
    this.#tree.badge = value === 0 ? undefined : { value, tooltip };
  }
}

function drawing(status: RunStatus): string {
  return `${status.state} ${describeRun(status)} ${status.error?.message ?? ''}`;
}

function tooltip(folder: string, status: RunStatus): vscode.MarkdownString {
  const { recipe, recipePath, startedAt, engine, error } = status;
  // Names and paths are anybody's: as text, never as markdown.
  const text = new vscode.MarkdownString();
  const line = (label: string, value: string): void => {
    text.appendMarkdown('  \n').appendText(`${label} ${value}`);
  };
  text.appendMarkdown('**').appendText(recipe).appendMarkdown('**  \n').appendText(describeRun(status));
  if (error) {
    text.appendMarkdown('\n\n').appendText(userErrorOf(error).format()).appendMarkdown('\n');
  }
  text.appendMarkdown('\n');
  if (startedAt > 0) line(l10n.t('Started:'), formatStart(status));
  if (engine !== '') line(l10n.t('Engine:'), engine);
  if (recipePath !== '') line(l10n.t('Recipe:'), recipePath);
  line(l10n.t('Folder:'), folder);
  return text;
}
