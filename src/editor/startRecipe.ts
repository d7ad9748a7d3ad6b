import { basename, dirname, join } from 'node:path';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { inspectCheckpoint } from '../core/checkpoint/inspect.ts';
import { UserError } from '../core/errors.ts';
import { readRecipe } from '../core/recipe/readRecipe.ts';
import { cancelRun, pauseRun, resumeRun, startRun } from '../process/launcher.ts';
import type { Panels } from './panel.ts';
import type { RunStore } from './runStore.ts';
import { runsSetting } from './runsSetting.ts';
import { readSettings } from './settings.ts';
import { confirmSmallGain } from './smallGain.ts';

/** Starts, pauses, resumes and cancels runs for the commands, and shows them. */
export class RunStarter {
  readonly #scripts: string;
  readonly #runs: RunStore;
  readonly #panels: Panels;

  /** @param extension the extension's folder, whose dist holds the process's scripts */
  constructor(extension: vscode.Uri, runs: RunStore, panels: Panels) {
    this.#scripts = join(extension.fsPath, 'dist');
    this.#runs = runs;
    this.#panels = panels;
  }

  /**
   * Runs a recipe and opens its panel.
   *
   * @param asked whether the user knows already how much can be won
   * @returns the run's folder
   * @throws UserError the recipe's or the model's error, before anything is started
   */
  async start(recipe: vscode.Uri, { asked = false } = {}): Promise<string> {
    checkTrust();
    await saveIfOpen(recipe);
    const { model, architecture, compress } = await readRecipe(recipe.fsPath);
    if (!asked && model !== undefined && compress.length > 0) {
      await confirmSmallGain(await inspectCheckpoint(model, architecture));
    }
    const { runFolder } = await withProgress(l10n.t('Starting {0}', basename(recipe.fsPath)), () =>
      startRun(recipe.fsPath, { ...readSettings(), ...runsOption(recipe), scripts: this.#scripts }),
    );
    await this.#runs.remember(runFolder);
    await this.#show(runFolder);
    return runFolder;
  }

  async resume(folder: string): Promise<void> {
    checkTrust();
    try {
      await withProgress(l10n.t('Resuming the run'), () =>
        resumeRun(folder, { ...readSettings(), scripts: this.#scripts }),
      );
    } catch (error) {
      // Another window may have resumed it.
      await this.#runs.read(folder);
      throw error;
    }
    await this.#show(folder);
  }

  async pause(folder: string): Promise<void> {
    await pauseRun(folder);
  }

  async cancel(folder: string): Promise<void> {
    await cancelRun(folder);
  }

  async #show(folder: string): Promise<void> {
    await this.#runs.read(folder, { begun: true });
    await this.#panels.show(folder);
  }
}

/** The menus hide what needs trust; panels, keyboard shortcuts and other extensions come here past them. */
export function checkTrust(): void {
  if (vscode.workspace.isTrusted) return;
  throw new UserError(
    'untrusted-workspace',
    l10n.t('No run is started in a workspace that is not trusted.'),
    l10n.t('Trust it with the command "Workspaces: Manage Workspace Trust".'),
  );
}

/** Where the run is kept, if not beside the recipe. */
function runsOption(recipe: vscode.Uri): { runs?: string } {
  const base = vscode.workspace.getWorkspaceFolder(recipe)?.uri.fsPath ?? dirname(recipe.fsPath);
  const runs = runsSetting(base);
  return runs === undefined ? {} : { runs };
}

/** What is run is what the user sees. */
export async function saveIfOpen(file: vscode.Uri): Promise<void> {
  const document = vscode.workspace.textDocuments.find(({ uri }) => uri.toString() === file.toString());
  if (document?.isDirty === true) await document.save();
}

async function withProgress<T>(title: string, work: () => Promise<T>): Promise<T> {
  const options = { location: vscode.ProgressLocation.Window, title: `Embedding Press: ${title}` };
  return vscode.window.withProgress(options, work);
}
