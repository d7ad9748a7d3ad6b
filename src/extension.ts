import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { CheckpointsView } from './editor/checkpointsView.ts';
import { registerCommands } from './editor/commands.ts';
import { registerEngines } from './editor/engine/registerEngines.ts';
import { registerModelEditor } from './editor/modelEditor.ts';
import { Panels } from './editor/panel.ts';
import { registerRecipeSupport } from './editor/recipe/registerRecipeSupport.ts';
import { RunNotices } from './editor/runNotices.ts';
import { RunStore } from './editor/runStore.ts';
import { RunsView } from './editor/runsView.ts';
import { logSettingProblems } from './editor/settings.ts';
import type { RunStarter } from './editor/startRecipe.ts';
import { RecipeTasks, taskType } from './editor/tasks.ts';

/** What other extensions, and our tests, may use. */
export interface EmbeddingPress {
  /** All that is known of runs. */
  readonly runs: RunStore;
  /** The models of the workspace. */
  readonly checkpoints: CheckpointsView;
}

/**
 * Builds the parts and registers them. What they do, and what it takes, is loaded when it is first asked for, by an
 * `import()` that the build makes a file of its own.
 */
export function activate(context: vscode.ExtensionContext): EmbeddingPress {
  // One way to a string's translation for all code, also for what knows nothing of VS Code.
  if (vscode.l10n.bundle) l10n.config({ contents: vscode.l10n.bundle });
  const log = vscode.window.createOutputChannel('Embedding Press', { log: true });
  const runs = new RunStore(context.globalState, log);
  const panels = new Panels({ dist: vscode.Uri.joinPath(context.extensionUri, 'dist'), runs, log });
  const starter = async (): Promise<RunStarter> => {
    const { RunStarter } = await import('./editor/startRecipe.ts');
    return new RunStarter(context.extensionUri, runs, panels);
  };
  const view = new RunsView(runs);
  const checkpoints = new CheckpointsView(context.extensionUri, runs, log);
  context.subscriptions.push(
    log,
    logSettingProblems(log),
    runs,
    panels,
    view,
    checkpoints,
    new RunNotices(runs, panels),
    registerRecipeSupport({ context, log }),
    registerCommands({ context, log, runs, panels, starter, checkpoints }),
    registerEngines(context, log, runs),
    registerModelEditor(context, log),
    vscode.tasks.registerTaskProvider(taskType, new RecipeTasks(context.extensionUri)),
  );
  // Other extensions wait for this function's end, and nobody for the runs.
  setImmediate(() => {
    runs.refresh().catch((error: unknown) => {
      log.error(error instanceof Error ? error : String(error));
    });
  });
  return { runs, checkpoints };
}
