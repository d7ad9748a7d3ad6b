import { existsSync } from 'node:fs';
import * as vscode from 'vscode';
import type { EngineReport } from '../../core/engine/engineReport.ts';
import { askCli } from '../../process/askCli.ts';
import { readSettings } from '../settings.ts';
import { chooseEngine, type EngineChoice } from './engineChoice.ts';
import { engineFolder } from './installedEngine.ts';

const variable = 'EMBEDDING_PRESS_TENSORFLOW';

/**
 * Which engine computes. Every process that computes inherits the extension host's environment, so one variable in
 * it, set where an engine is installed, serves runs, questions to the command line, and the processes that those
 * start.
 */
export class Engines implements vscode.Disposable {
  /** The folder of what the extension installs. */
  readonly storage: string;
  readonly scripts: string;
  readonly #log: vscode.LogOutputChannel;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #disposables: { dispose(): unknown }[];
  /** What the user's own environment names is left alone. */
  readonly #own = process.env[variable] !== undefined;
  #report: Promise<EngineReport | undefined> | undefined;

  /** The choice may be another one. */
  readonly onDidChange = this.#changed.event;

  constructor({ globalStorageUri, extensionUri }: vscode.ExtensionContext, log: vscode.LogOutputChannel) {
    this.storage = globalStorageUri.fsPath;
    this.scripts = vscode.Uri.joinPath(extensionUri, 'dist').fsPath;
    this.#log = log;
    this.#useInstalled();
    this.#disposables = [
      this.#changed,
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration('embeddingPress.engine')) this.#changed.fire();
      }),
      // Another window may have installed or removed it.
      vscode.window.onDidChangeWindowState(({ focused }) => {
        if (focused && this.#useInstalled()) this.refresh();
      }),
    ];
  }

  /** Finds out anew what there is. */
  refresh(): void {
    this.#useInstalled();
    this.#report = undefined;
    this.#changed.fire();
  }

  async choice(): Promise<EngineChoice> {
    return chooseEngine(readSettings().engine, await this.report());
  }

  /** Undefined where trying the engines ended the process that tried. */
  report(): Promise<EngineReport | undefined> {
    return (this.#report ??= askCli<EngineReport>(['engine'], { scripts: this.scripts }).catch(
      (error: unknown) => {
        this.#log.warn(`The engines could not be tried: ${String(error)}`);
        return undefined;
      },
    ));
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }

  /** @returns whether that changed anything */
  #useInstalled(): boolean {
    if (this.#own) return false;
    const folder = engineFolder(this.storage);
    const used = process.env[variable] !== undefined;
    const there = existsSync(folder);
    if (there) process.env[variable] = folder;
    else Reflect.deleteProperty(process.env, variable);
    return there !== used;
  }
}

/** What a process of VS Code's terminal, a task's, needs, which inherits nothing from the extension host. */
export function engineEnvironment(): Record<string, string> {
  const folder = process.env[variable];
  return folder === undefined ? {} : { [variable]: folder };
}
