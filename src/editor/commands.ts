import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { CheckpointsView } from './checkpointsView.ts';
import type { Panels } from './panel.ts';
import { askRecipe } from './recipe/askRecipe.ts';
import { registerRunCommands } from './runCommands.ts';
import type { RunStarter } from './startRecipe.ts';
import type { RunStore } from './runStore.ts';
import { showErrors } from './userErrors.ts';

export interface Parts {
  readonly context: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  readonly runs: RunStore;
  readonly panels: Panels;
  readonly starter: () => Promise<RunStarter>;
  readonly checkpoints: CheckpointsView;
}

/** Registers the commands. */
export function registerCommands({
  context,
  log,
  runs,
  panels,
  starter,
  checkpoints,
}: Parts): vscode.Disposable {
  const register = (name: string, work: (argument: unknown) => Promise<unknown>): vscode.Disposable =>
    vscode.commands.registerCommand(`embeddingPress.${name}`, (argument: unknown) =>
      showErrors(log, () => work(argument)),
    );
  return vscode.Disposable.from(
    registerRunCommands({ log, runs, panels, starter }),
    register('compressModel', async (file) => {
      const { askForRecipe } = await import('./compressModel.ts');
      const recipe = await askForRecipe(asUri(file));
      await (await starter()).start(recipe, { asked: true });
    }),
    register('runRecipe', async (file) => {
      const recipe = asUri(file) ?? (await askRecipe(l10n.t('Run Recipe'), l10n.t('The recipe to run')));
      await (await starter()).start(recipe);
    }),
    register('trySample', async () => {
      const { copySample } = await import('./trySample.ts');
      const recipe = await copySample(context);
      await vscode.window.showTextDocument(recipe, { preview: false });
      await (await starter()).start(recipe);
    }),
    register('refreshCheckpoints', () => checkpoints.refresh()),
    register('showLog', () => {
      log.show();
      return Promise.resolve();
    }),
  );
}

/** Menus hand over a file; the palette hands over nothing, and a keyboard shortcut whatever it was told. */
function asUri(argument: unknown): vscode.Uri | undefined {
  return argument instanceof vscode.Uri && argument.scheme === 'file' ? argument : undefined;
}
