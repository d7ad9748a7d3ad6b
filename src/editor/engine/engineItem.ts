import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Engines } from './engines.ts';

const recipes = '**/*.press.json';

/** Names the engine beside the language of a recipe. It is asked for when a recipe is looked at first. */
export class EngineItem implements vscode.Disposable {
  readonly #engines: Engines;
  readonly #item = vscode.languages.createLanguageStatusItem('embeddingPress.engine', { pattern: recipes });
  readonly #disposables: { dispose(): unknown }[];
  #wanted = false;

  constructor(engines: Engines) {
    this.#engines = engines;
    this.#item.name = l10n.t('Embedding Press Engine');
    this.#item.text = l10n.t('Not asked yet');
    this.#item.detail = l10n.t('Engine of Embedding Press');
    this.#item.command = { command: 'embeddingPress.showEngine', title: l10n.t('Details') };
    this.#disposables = [
      this.#item,
      vscode.window.onDidChangeActiveTextEditor(() => {
        this.#look();
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => {
        this.#look();
      }),
      engines.onDidChange(() => {
        if (this.#wanted) void this.#update();
      }),
    ];
    this.#look();
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }

  /** Without trust no process is started. */
  #look(): void {
    const document = vscode.window.activeTextEditor?.document;
    if (this.#wanted || document === undefined || !vscode.workspace.isTrusted) return;
    if (vscode.languages.match({ pattern: recipes }, document) === 0) return;
    this.#wanted = true;
    void this.#update();
  }

  async #update(): Promise<void> {
    this.#item.busy = true;
    const { label, broken } = await this.#engines.choice();
    this.#item.busy = false;
    this.#item.text = label;
    const { Warning, Information } = vscode.LanguageStatusSeverity;
    this.#item.severity = broken ? Warning : Information;
  }
}
