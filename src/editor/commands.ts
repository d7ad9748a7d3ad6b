import * as vscode from 'vscode';
import { CancelledError } from '../core/errors.ts';
import type { Run } from '../process/runStatus.ts';
import { askForRecipe } from './compressModel.ts';
import type { Panels } from './panel.ts';
import { fileItem, findInWorkspace, pick, type PickItem } from './pickFile.ts';
import { describeRun, isResumable, progressOf, stateIcons } from './runLabels.ts';
import type { RunStarter } from './startRecipe.ts';
import type { RunStore } from './runStore.ts';
import { copySample } from './trySample.ts';
import { showErrors } from './userErrors.ts';

export interface Parts {
  readonly context: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  readonly runs: RunStore;
  readonly panels: Panels;
  readonly starter: RunStarter;
}

/** Registers the commands; those on a run take its folder, or ask. */
export function registerCommands({ context, log, runs, panels, starter }: Parts): vscode.Disposable {
  const register = (name: string, work: (argument: unknown) => Promise<unknown>): vscode.Disposable =>
    vscode.commands.registerCommand(`embeddingPress.${name}`, (argument: unknown) =>
      showErrors(log, () => work(argument)),
    );
  return vscode.Disposable.from(
    register('compressModel', async (file) => {
      await starter.start(await askForRecipe(asUri(file)), { asked: true });
    }),
    register('runRecipe', async (file) => {
      await starter.start(asUri(file) ?? (await askRecipe()));
    }),
    register('trySample', async () => {
      const recipe = await copySample(context);
      await vscode.window.showTextDocument(recipe, { preview: false });
      await starter.start(recipe);
    }),
    register('openPanel', async (folder) => {
      await panels.show(asFolder(folder) ?? (await askRun(runs.runs, 'Open Panel')));
    }),
    register('cancelRun', async (folder) => {
      await starter.cancel(asFolder(folder) ?? (await askRun(runs.running, 'Cancel Run')));
    }),
    register('resumeRun', async (folder) => {
      const resumable = runs.runs.filter(({ status }) => isResumable(status.state));
      await starter.resume(asFolder(folder) ?? (await askRun(resumable, 'Resume Run')));
    }),
    register('showRunning', async () => {
      const { action, folder } = await askAboutRunning(runs.running);
      await (action === 'open' ? panels.show(folder) : starter.cancel(folder));
    }),
    register('showLog', () => {
      log.show();
      return Promise.resolve();
    }),
  );
}

/** Menus hand over a file; the palette hands over nothing, and a keyboard shortcut whatever it was told. */
function asUri(argument: unknown): vscode.Uri | undefined {
  return argument instanceof vscode.Uri ? argument : undefined;
}

function asFolder(argument: unknown): string | undefined {
  return typeof argument === 'string' ? argument : undefined;
}

async function askRecipe(): Promise<vscode.Uri> {
  const open = vscode.window.activeTextEditor?.document.uri;
  const recipes = await findInWorkspace('**/*.press.json');
  if (recipes.length === 0) {
    void vscode.window.showInformationMessage(
      'There is no recipe, a file *.press.json, in this workspace. "Compress Model…" writes one.',
    );
    throw new CancelledError();
  }
  // The one in the editor is the likeliest.
  const isOpen = (recipe: vscode.Uri): boolean => recipe.toString() === open?.toString();
  const sorted = [...recipes.filter(isOpen), ...recipes.filter((recipe) => !isOpen(recipe))];
  return pick(
    sorted.map((recipe) => fileItem(recipe)),
    'Run Recipe',
    'The recipe to run',
  );
}

async function askRun(runs: readonly Run[], title: string): Promise<string> {
  if (runs.length === 0) {
    void vscode.window.showInformationMessage(`${title}: there is no such run.`);
    throw new CancelledError();
  }
  const items = runs.map(({ folder, status }): PickItem<string> => {
    const { icon, color } = stateIcons[status.state];
    const iconPath = new vscode.ThemeIcon(icon, new vscode.ThemeColor(color));
    return { label: status.recipe, description: describeRun(status), iconPath, value: folder };
  });
  return pick(items, title, 'Which run?');
}

interface RunningChoice {
  readonly action: 'open' | 'cancel';
  readonly folder: string;
}

function askAboutRunning(runs: readonly Run[]): Promise<RunningChoice> {
  const items = runs.flatMap(({ folder, status }) => {
    const description = `${status.recipe} ${progressOf(status)}`;
    const item = (label: string, icon: string, action: RunningChoice['action']): PickItem<RunningChoice> => {
      return { label, description, iconPath: new vscode.ThemeIcon(icon), value: { action, folder } };
    };
    return [item('Open Panel', 'graph-scatter', 'open'), item('Cancel Run', 'debug-stop', 'cancel')];
  });
  return pick(items, 'Embedding Press', 'Running runs');
}
