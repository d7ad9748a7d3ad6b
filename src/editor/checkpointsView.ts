import { basename, dirname, join } from 'node:path';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { CancelledError } from '../core/errors.ts';
import { askCli } from '../process/askCli.ts';
import { modelItem } from './checkpointItem.ts';
import { modelNames } from './checkpointLabels.ts';
import type { FoundModel } from './checkpointSearch.ts';
import { concernsModels, isPassedOver, modelGlob } from './modelFiles.ts';
import { notSearched } from './pickFile.ts';
import type { RunStore } from './runStore.ts';

const viewId = 'embeddingPress.checkpoints';
const mostModels = 200;
const settleMs = 500;

/** A model's file, or a folder of a workspace that has several. */
type Element = vscode.Uri | vscode.WorkspaceFolder;

/** The tree *Checkpoints*: the models of the workspace, looked for only while somebody looks at it. */
export class CheckpointsView implements vscode.TreeDataProvider<Element>, vscode.Disposable {
  readonly #scripts: string;
  readonly #runs: RunStore;
  readonly #log: vscode.LogOutputChannel;
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly #tree: vscode.TreeView<Element>;
  readonly #listening: vscode.Disposable;
  /** By the file's path. */
  #models: ReadonlyMap<string, FoundModel> = new Map();
  #names: ReadonlyMap<string, string> = new Map();
  #isStale = true;
  #search: AbortController | undefined;
  #settling: NodeJS.Timeout | undefined;
  #watcher: vscode.Disposable | undefined;

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(extension: vscode.Uri, runs: RunStore, log: vscode.LogOutputChannel) {
    this.#scripts = join(extension.fsPath, 'dist');
    this.#runs = runs;
    this.#log = log;
    this.#tree = vscode.window.createTreeView<Element>(viewId, { treeDataProvider: this });
    this.#listening = vscode.workspace.onDidChangeWorkspaceFolders(() => {
      this.#outdate();
    });
  }

  /** The models that are known, as their files. */
  get models(): readonly FoundModel[] {
    return [...this.#models.values()];
  }

  /** Looks for the models anew; a search that is under way ends. */
  async refresh(): Promise<void> {
    this.#isStale = false;
    this.#watcher ??= this.#watch();
    this.#search?.abort();
    const search = new AbortController();
    this.#search = search;
    if (this.#models.size === 0) this.#tree.message = l10n.t('Looking for models…');
    try {
      await vscode.window.withProgress({ location: { viewId } }, () => this.#find(search.signal));
    } catch (error) {
      if (error instanceof CancelledError) return;
      this.#tree.message = '';
      throw error;
    }
  }

  getChildren(element?: Element): Element[] {
    // A tree is asked only while it is seen.
    if (this.#isStale) {
      this.refresh().catch((error: unknown) => {
        this.#log.error(error instanceof Error ? error : String(error));
      });
    }
    const files = [...this.#models.keys()].map((path) => vscode.Uri.file(path));
    const folders = vscode.workspace.workspaceFolders ?? [];
    if (folders.length < 2) return element === undefined ? files : [];
    if (element === undefined) return folders.filter((folder) => files.some((file) => isIn(file, folder)));
    return isFile(element) ? [] : files.filter((file) => isIn(file, element));
  }

  getParent(element: Element): Element | undefined {
    const folders = vscode.workspace.workspaceFolders ?? [];
    if (!isFile(element) || folders.length < 2) return undefined;
    return vscode.workspace.getWorkspaceFolder(element);
  }

  getTreeItem(element: Element): vscode.TreeItem {
    if (!isFile(element)) {
      const item = new vscode.TreeItem(element.name, vscode.TreeItemCollapsibleState.Expanded);
      item.id = element.uri.toString();
      item.iconPath = new vscode.ThemeIcon('root-folder');
      item.tooltip = element.uri.fsPath;
      item.accessibilityInformation = { label: l10n.t('{0}, folder', element.name) };
      return item;
    }
    const model = this.#models.get(element.fsPath);
    const name = this.#names.get(element.fsPath) ?? element.fsPath;
    return model === undefined ? new vscode.TreeItem(name) : modelItem(model, name);
  }

  dispose(): void {
    this.#search?.abort();
    clearTimeout(this.#settling);
    this.#watcher?.dispose();
    vscode.Disposable.from(this.#listening, this.#tree, this.#changed).dispose();
  }

  async #find(signal: AbortSignal): Promise<void> {
    const cancellation = new vscode.CancellationTokenSource();
    const cancel = (): void => {
      cancellation.cancel();
    };
    signal.addEventListener('abort', cancel);
    try {
      // One more than are shown tells whether there are more.
      const all = await vscode.workspace.findFiles(
        modelGlob,
        notSearched,
        mostModels + 1,
        cancellation.token,
      );
      const paths = all.map(({ fsPath }) => fsPath).filter((path) => !this.#isOfRun(path));
      const shown = paths
        .slice(0, mostModels)
        .sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
      const { lookAtModels } = await import('./checkpointSearch.ts');
      const models = await lookAtModels(shown, signal, (path) =>
        askCli(['inspect', path], { scripts: this.#scripts, signal }),
      );
      this.#models = new Map(models.map((model) => [model.path, model]));
      this.#names = namesOf(models);
      this.#tree.message =
        all.length > mostModels ? l10n.t('Only the first {0} models are shown.', mostModels) : '';
      this.#changed.fire(undefined);
    } finally {
      signal.removeEventListener('abort', cancel);
      cancellation.dispose();
    }
  }

  /** What a run makes is shown in its panel, and lies among the user's own where a setting says so. */
  #isOfRun(path: string): boolean {
    return isPassedOver(path) || this.#runs.runs.some(({ folder }) => path.startsWith(join(folder, '/')));
  }

  #watch(): vscode.Disposable {
    const watcher = vscode.workspace.createFileSystemWatcher('**');
    const touch = ({ fsPath }: vscode.Uri): void => {
      if (concernsModels(fsPath) && !this.#isOfRun(fsPath)) this.#outdate();
    };
    watcher.onDidChange(touch);
    // A folder that comes or goes as a whole may be told without what is in it.
    watcher.onDidCreate(async (file) => {
      if (concernsModels(file.fsPath)) touch(file);
      else if (!isPassedOver(file.fsPath) && (await isFolder(file))) this.#outdate();
    });
    watcher.onDidDelete((file) => {
      const gone = join(file.fsPath, '/');
      if ([...this.#models.keys()].some((path) => path.startsWith(gone))) this.#outdate();
      else touch(file);
    });
    return watcher;
  }

  /** Has the models looked for again once the files have settled, and somebody looks. */
  #outdate(): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => {
      this.#isStale = true;
      this.#changed.fire(undefined);
    }, settleMs);
  }
}

function isFile(element: Element): element is vscode.Uri {
  return element instanceof vscode.Uri;
}

function isIn(file: vscode.Uri, folder: vscode.WorkspaceFolder): boolean {
  return vscode.workspace.getWorkspaceFolder(file)?.uri.toString() === folder.uri.toString();
}

async function isFolder(file: vscode.Uri): Promise<boolean> {
  try {
    return (await vscode.workspace.fs.stat(file)).type === vscode.FileType.Directory;
  } catch {
    return false;
  }
}

function namesOf(models: readonly FoundModel[]): Map<string, string> {
  const folders = models.map(({ path }) => {
    // A file of Keras may lie beside others.
    if (!basename(path).startsWith('model.')) return vscode.workspace.asRelativePath(path, false);
    const folder = dirname(path);
    const workspaceFolder = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(path));
    const isTop = folder === workspaceFolder?.uri.fsPath;
    return isTop ? workspaceFolder.name : vscode.workspace.asRelativePath(folder, false);
  });
  const names = modelNames(folders);
  return new Map(models.map(({ path }, i) => [path, names[i] ?? path]));
}
