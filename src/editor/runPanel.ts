import * as vscode from 'vscode';
import { runPaths } from '../process/runFolder.ts';
import type { RunStatus } from '../process/runStatus.ts';
import { bestFolder } from '../process/trialStorage.ts';
import { ComparedRuns } from './comparedRuns.ts';
import { exportTrial } from './exportModel.ts';
import { pageHtml } from './pageHtml.ts';
import { PanelFeed } from './panelFeed.ts';
import type { HostMessage, PageMessage } from './panelProtocol.ts';
import { PanelQueries } from './panelQueries.ts';
import { revealPath } from './revealPath.ts';
import type { RunStore } from './runStore.ts';
import { saveFile } from './saveFile.ts';
import { trialName } from './trialName.ts';
import { showErrors } from './userErrors.ts';

export interface RunPanelParts {
  readonly dist: vscode.Uri;
  readonly runs: RunStore;
  readonly log: vscode.LogOutputChannel;
}

/** One panel: feeds its page with a run and does what the page asks. */
export class RunPanel {
  readonly panel: vscode.WebviewPanel;
  readonly #folder: string;
  readonly #parts: RunPanelParts;
  readonly #feed: PanelFeed;
  readonly #queries: PanelQueries;
  readonly #compared: ComparedRuns;
  readonly #listening: vscode.Disposable;

  constructor(folder: string, panel: vscode.WebviewPanel, { recipe }: RunStatus, parts: RunPanelParts) {
    const { dist, runs, log } = parts;
    const { webview } = panel;
    this.panel = panel;
    this.#folder = folder;
    this.#parts = parts;
    const fail = (error: unknown): void => {
      log.error(error instanceof Error ? error : String(error));
    };
    const post = (message: HostMessage): void => {
      this.#post(message);
    };
    this.#feed = new PanelFeed(folder, post, fail);
    this.#queries = new PanelQueries(folder, dist.fsPath, post, fail);
    this.#compared = new ComparedRuns(runs);
    panel.title = `Press: ${recipe}`;
    panel.iconPath = vscode.Uri.joinPath(dist, '..', 'media', 'icon.png');
    webview.options = { enableScripts: true, localResourceRoots: [dist] };
    this.#listening = vscode.Disposable.from(
      webview.onDidReceiveMessage((message: PageMessage) => showErrors(log, () => this.#answer(message))),
      runs.onDidChange((changed) => {
        this.#update(changed);
      }),
      // A hidden page is gone; when it is shown again it asks for everything.
      panel.onDidChangeViewState(() => {
        if (panel.visible) return;
        this.#feed.stop();
        this.#queries.stop();
      }),
    );
    panel.onDidDispose(() => {
      this.#feed.stop();
      this.#queries.stop();
      this.#listening.dispose();
    });
    webview.html = pageHtml({ webview, dist, name: 'panel' });
  }

  /** Shows other runs beside the panel's own. */
  async compare(others: readonly string[]): Promise<void> {
    this.#compared.add(others.filter((folder) => folder !== this.#folder));
    await this.#sendCompared();
  }

  #post(message: HostMessage): void {
    void this.panel.webview.postMessage(message);
  }

  #update(changed: string): void {
    if (!this.panel.visible) return;
    const status = this.#parts.runs.statusOf(this.#folder);
    if (changed === this.#folder && status) this.#feed.update(status);
    if (this.#compared.has(changed)) void this.#sendCompared();
  }

  async #sendCompared(): Promise<void> {
    this.#post({ type: 'compared', runs: await this.#compared.read() });
  }

  async #answer(message: PageMessage): Promise<unknown> {
    const folder = this.#folder;
    const command = (name: string): Thenable<unknown> =>
      vscode.commands.executeCommand(`embeddingPress.${name}`, folder);
    switch (message.type) {
      case 'ready': {
        const status = await this.#parts.runs.read(folder);
        if (status) this.#feed.snapshot(status);
        return this.#sendCompared();
      }
      case 'cancel':
        return command('cancelRun');
      case 'pause':
        return command('pauseRun');
      case 'resume':
        return command('resumeRun');
      case 'open':
        return message.target === 'recipe' ? command('editRecipe') : openFile(runPaths(folder).results);
      case 'reveal':
        // The page is ours, yet no message of it may lead out of the run.
        return revealPath(message.target === 'run' ? folder : bestFolder(folder, trialName(message.trial)));
      case 'copy':
        return vscode.env.clipboard.writeText(message.text);
      case 'compare':
        return command('compareRun');
      case 'uncompare':
        this.#compared.remove(message.run);
        return this.#sendCompared();
      case 'export':
        return exportTrial(folder, trialName(message.trial));
      case 'save':
        return saveFile(message.file, folder);
      case 'query':
        return this.#queries.answer(message);
    }
  }
}

async function openFile(path: string): Promise<void> {
  await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(path));
}
