import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { CancelledError, UserError } from '../core/errors.ts';
import { isGoing, type Run } from '../process/runStatus.ts';
import type { Panels } from './panel.ts';
import { pick, type PickItem } from './pickFile.ts';
import { revealPath } from './revealPath.ts';
import { runPlace } from './runPlace.ts';
import { describeRun, isResumable, stateIcons } from './runLabels.ts';
import { editRecipe, recipeToRunAgain, registerFrozenRecipes } from './runRecipe.ts';
import type { RunStore } from './runStore.ts';
import type { RunStarter } from './startRecipe.ts';
import { showErrors } from './userErrors.ts';

interface Parts {
  readonly log: vscode.LogOutputChannel;
  readonly runs: RunStore;
  readonly panels: Panels;
  readonly starter: () => Promise<RunStarter>;
}

/** Registers the commands on a run: the tree and a panel hand over its folder, the palette has it asked for. */
export function registerRunCommands({ log, runs, panels, starter }: Parts): vscode.Disposable {
  const register = (
    name: string,
    title: () => string,
    work: (folder: string) => Promise<unknown>,
    among: (run: Run) => boolean = () => true,
  ): vscode.Disposable =>
    vscode.commands.registerCommand(`embeddingPress.${name}`, (argument: unknown) =>
      showErrors(log, async () => {
        const folder =
          typeof argument === 'string'
            ? await known(runs, argument)
            : await askRun(runs.runs.filter(among), title());
        await work(folder);
      }),
    );
  return vscode.Disposable.from(
    registerFrozenRecipes(),
    register(
      'openPanel',
      () => l10n.t('Open Panel'),
      (folder) => panels.show(folder),
    ),
    register(
      'compareRun',
      () => l10n.t('Compare'),
      async (folder) => {
        await panels.compare(folder, await askOthers(runs, folder));
      },
    ),
    register(
      'pauseRun',
      () => l10n.t('Pause Run'),
      async (folder) => (await starter()).pause(folder),
      ({ status }) => status.state === 'running',
    ),
    register(
      'resumeRun',
      () => l10n.t('Resume Run'),
      async (folder) => (await starter()).resume(folder),
      ({ status }) => status.state === 'paused' || isResumable(status.state),
    ),
    register(
      'cancelRun',
      () => l10n.t('Cancel Run'),
      async (folder) => (await starter()).cancel(folder),
      ({ status }) => isGoing(status.state),
    ),
    register(
      'runAgain',
      () => l10n.t('Run Again'),
      async (folder) => (await starter()).start(await recipeToRunAgain(folder)),
    ),
    register('editRecipe', () => l10n.t('Edit Recipe'), editRecipe),
    register('revealRun', () => l10n.t('Reveal Run Folder'), revealPath),
    register(
      'copyResults',
      () => l10n.t('Copy Results'),
      async (folder) => {
        const { copyResults } = await import('./copyResults.ts');
        await copyResults(folder, runs.statusOf(folder)?.recipe ?? '');
      },
    ),
    register(
      'exportModel',
      () => l10n.t('Export Model'),
      async (folder) => {
        const { exportModel } = await import('./exportModel.ts');
        await exportModel(folder);
      },
    ),
    register(
      'deleteRun',
      () => l10n.t('Delete Run'),
      async (folder) => {
        const { deleteRun } = await import('./deleteRun.ts');
        await deleteRun(folder);
        await runs.read(folder);
      },
      ({ status }) => !isGoing(status.state),
    ),
    vscode.commands.registerCommand('embeddingPress.showRunning', () =>
      showErrors(log, async () => {
        const { command, folder } = await askAboutGoing(runs.going);
        await vscode.commands.executeCommand(`embeddingPress.${command}`, folder);
      }),
    ),
  );
}

/** @throws UserError `no-run` for a folder that holds none: a keyboard shortcut may name anything */
async function known(runs: RunStore, folder: string): Promise<string> {
  if ((runs.statusOf(folder) ?? (await runs.read(folder))) !== undefined) return folder;
  throw new UserError(
    'no-run',
    l10n.t('There is no run in this folder.'),
    l10n.t('Choose one in the view Runs.'),
    { file: folder },
  );
}

async function askRun(runs: readonly Run[], title: string): Promise<string> {
  checkAny(runs, title);
  return pick(runs.map(runItem), title, l10n.t('Which run?'));
}

async function askOthers(runs: RunStore, folder: string): Promise<string[]> {
  const others = runs.runs.filter((run) => run.folder !== folder);
  const title = l10n.t('Compare {0}', runs.statusOf(folder)?.recipe ?? '');
  checkAny(others, title);
  const chosen = await vscode.window.showQuickPick(others.map(runItem), {
    title,
    placeHolder: l10n.t('With which runs?'),
    canPickMany: true,
    matchOnDescription: true,
    ignoreFocusOut: true,
  });
  if (chosen === undefined || chosen.length === 0) throw new CancelledError();
  return chosen.map(({ value }) => value);
}

function checkAny(runs: readonly Run[], title: string): void {
  if (runs.length > 0) return;
  void vscode.window.showInformationMessage(l10n.t('{0}: there is no such run.', title));
  throw new CancelledError();
}

function runItem({ folder, status }: Run): PickItem<string> {
  const { icon, color } = stateIcons[status.state];
  const iconPath = new vscode.ThemeIcon(icon, new vscode.ThemeColor(color));
  const description = [...runPlace(folder), describeRun(status)].join(', ');
  return { label: status.recipe, description, iconPath, value: folder };
}

interface Choice {
  readonly command: 'openPanel' | 'pauseRun' | 'resumeRun' | 'cancelRun';
  readonly folder: string;
}

/** What the status bar's item offers, run by run. */
function askAboutGoing(runs: readonly Run[]): Promise<Choice> {
  const items = runs.flatMap(({ folder, status }): (PickItem<Choice> | vscode.QuickPickItem)[] => {
    const item = (label: string, icon: string, command: Choice['command']): PickItem<Choice> => {
      return { label, iconPath: new vscode.ThemeIcon(icon), value: { command, folder } };
    };
    return [
      {
        label: `${status.recipe}: ${describeRun(status)}`,
        kind: vscode.QuickPickItemKind.Separator,
      },
      item(l10n.t('Open Panel'), 'graph-scatter', 'openPanel'),
      status.state === 'paused'
        ? item(l10n.t('Resume Run'), 'debug-continue', 'resumeRun')
        : item(l10n.t('Pause Run'), 'debug-pause', 'pauseRun'),
      item(l10n.t('Cancel Run'), 'debug-stop', 'cancelRun'),
    ];
  });
  return pick(items, 'Embedding Press', l10n.t('Runs that are going on'));
}
