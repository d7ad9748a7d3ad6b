import { basename } from 'node:path';
import * as vscode from 'vscode';
import { runPaths } from '../process/runFolder.ts';
import { bestFolder } from '../process/trialStorage.ts';
import type { RunStatus } from '../process/runStatus.ts';
import { PanelFeed } from './panelFeed.ts';
import { pageHtml } from './pageHtml.ts';
import type { HostMessage, PageMessage, PanelPageState } from './panelProtocol.ts';
import type { RunStore } from './runStore.ts';
import { showErrors } from './userErrors.ts';

export const panelType = 'embeddingPress.run';

/** The panels that are open, one a run at most. */
export class Panels implements vscode.WebviewPanelSerializer, vscode.Disposable {
  readonly #dist: vscode.Uri;
  readonly #runs: RunStore;
  readonly #log: vscode.LogOutputChannel;
  readonly #open = new Map<string, vscode.WebviewPanel>();
  readonly #serializer: vscode.Disposable;

  constructor(dist: vscode.Uri, runs: RunStore, log: vscode.LogOutputChannel) {
    this.#dist = dist;
    this.#runs = runs;
    this.#log = log;
    this.#serializer = vscode.window.registerWebviewPanelSerializer(panelType, this);
  }

  /** Opens a run's panel, or brings it to the front. */
  async show(folder: string): Promise<void> {
    const status = this.#runs.statusOf(folder) ?? (await this.#runs.read(folder));
    // Asked after the wait, in which another call may have opened it.
    const open = this.#open.get(folder);
    if (open) {
      open.reveal();
      return;
    }
    if (status === undefined) throw new Error(`There is no run in ${folder}.`);
    this.#attach(
      folder,
      vscode.window.createWebviewPanel(panelType, status.recipe, vscode.ViewColumn.Active, {}),
      status,
    );
  }

  async deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const folder = (state as Partial<PanelPageState> | undefined)?.run;
    const status = typeof folder === 'string' ? await this.#runs.read(folder) : undefined;
    if (typeof folder !== 'string' || status === undefined || this.#open.has(folder)) panel.dispose();
    else this.#attach(folder, panel, status);
  }

  /** Leaves the panels open: a window that is reloaded brings them back. */
  dispose(): void {
    this.#serializer.dispose();
  }

  #attach(folder: string, panel: vscode.WebviewPanel, { recipe }: RunStatus): void {
    const { webview } = panel;
    const post = (message: HostMessage): void => void webview.postMessage(message);
    const feed = new PanelFeed(folder, post, (error) => {
      this.#log.error(error instanceof Error ? error : String(error));
    });
    this.#open.set(folder, panel);
    panel.title = `Press: ${recipe}`;
    panel.iconPath = vscode.Uri.joinPath(this.#dist, '..', 'media', 'icon.png');
    webview.options = { enableScripts: true, localResourceRoots: [this.#dist] };
    const listening = [
      webview.onDidReceiveMessage((message: PageMessage) =>
        showErrors(this.#log, () => this.#answer(folder, message, feed)),
      ),
      this.#runs.onDidChange((changed) => {
        const status = this.#runs.statusOf(folder);
        if (changed === folder && status && panel.visible) feed.update(status);
      }),
      // A hidden page is gone; when it is shown again it asks for everything.
      panel.onDidChangeViewState(() => {
        if (!panel.visible) feed.stop();
      }),
    ];
    panel.onDidDispose(() => {
      feed.stop();
      vscode.Disposable.from(...listening).dispose();
      this.#open.delete(folder);
    });
    webview.html = pageHtml({ webview, dist: this.#dist, name: 'panel' });
  }

  async #answer(folder: string, message: PageMessage, feed: PanelFeed): Promise<void> {
    switch (message.type) {
      case 'ready': {
        const status = await this.#runs.read(folder);
        if (status) feed.snapshot(status);
        break;
      }
      case 'cancel':
        await vscode.commands.executeCommand('embeddingPress.cancelRun', folder);
        break;
      case 'resume':
        await vscode.commands.executeCommand('embeddingPress.resumeRun', folder);
        break;
      case 'open': {
        const recipe = this.#runs.statusOf(folder)?.recipePath ?? runPaths(folder).recipe;
        await openFile(message.target === 'results' ? runPaths(folder).results : recipe);
        break;
      }
      case 'reveal':
        // The page is ours, yet no message of it may lead out of the run.
        await reveal(message.target === 'run' ? folder : bestFolder(folder, basename(message.trial)));
        break;
      case 'copy':
        await vscode.env.clipboard.writeText(message.text);
        break;
    }
  }
}

async function openFile(path: string): Promise<void> {
  await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(path));
}

async function reveal(path: string): Promise<void> {
  const uri = vscode.Uri.file(path);
  const isRemote = vscode.env.remoteName !== undefined || vscode.env.uiKind === vscode.UIKind.Web;
  if (vscode.workspace.getWorkspaceFolder(uri)) {
    await vscode.commands.executeCommand('revealInExplorer', uri);
  } else if (isRemote) {
    // The system's file manager is on another machine.
    await vscode.commands.executeCommand('vscode.openFolder', uri, { forceNewWindow: true });
  } else {
    await vscode.commands.executeCommand('revealFileInOS', uri);
  }
}
