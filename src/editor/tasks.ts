import * as l10n from '@vscode/l10n';
import { basename, join } from 'node:path';
import * as vscode from 'vscode';
import { engineEnvironment } from './engine/engines.ts';
import { findInWorkspace } from './pickFile.ts';
import { runsSetting } from './runsSetting.ts';
import { readSettings } from './settings.ts';

export const taskType = 'embedding-press';

/** Paths are relative to the workspace folder, or absolute. */
type RecipeTask = vscode.TaskDefinition & { readonly type: typeof taskType } & (
    | { readonly recipe: string; readonly resume?: undefined }
    /** A run's folder, or its name among the runs of the workspace folder's recipes. */
    | { readonly resume: string; readonly recipe?: undefined }
  );

/** A task for each recipe of the workspace, and for those written by hand in tasks.json. */
export class RecipeTasks implements vscode.TaskProvider {
  readonly #cli: string;

  constructor(extension: vscode.Uri) {
    this.#cli = join(extension.fsPath, 'dist', 'cli.cjs');
  }

  async provideTasks(): Promise<vscode.Task[]> {
    const recipes = await findInWorkspace('**/*.press.json');
    return recipes.flatMap((recipe) => {
      const folder = vscode.workspace.getWorkspaceFolder(recipe);
      if (folder === undefined) return [];
      const path = vscode.workspace.asRelativePath(recipe, false);
      return [this.#task({ type: taskType, recipe: path }, folder)];
    });
  }

  resolveTask(task: vscode.Task): vscode.Task | undefined {
    const { recipe, resume } = task.definition as { recipe?: unknown; resume?: unknown };
    // One of the two; a task with neither or both says nothing.
    if ((typeof recipe === 'string') === (typeof resume === 'string')) return undefined;
    // VS Code wants the very definition back.
    return this.#task(task.definition as RecipeTask, task.scope ?? vscode.TaskScope.Workspace, task.name);
  }

  #task(
    definition: RecipeTask,
    scope: vscode.WorkspaceFolder | vscode.TaskScope,
    name = titleOf(definition),
  ): vscode.Task {
    const folder = typeof scope === 'object' ? scope : vscode.workspace.workspaceFolders?.[0];
    const args = [this.#cli, ...commandOf(definition, folder)];
    const execution = new vscode.ProcessExecution(process.execPath, args, {
      env: { ELECTRON_RUN_AS_NODE: '1', ...engineEnvironment() },
      ...(folder && { cwd: folder.uri.fsPath }),
    });
    const matchers = ['$embedding-press', '$embedding-press-file'];
    const task = new vscode.Task(definition, scope, name, taskType, execution, matchers);
    task.detail =
      definition.resume === undefined
        ? l10n.t('Train, compress and retrain as the recipe says')
        : l10n.t('Go on with the run where it stopped');
    return task;
  }
}

function titleOf({ recipe, resume }: RecipeTask): string {
  return resume === undefined
    ? l10n.t('run {0}', basename(recipe, '.press.json'))
    : l10n.t('resume {0}', basename(resume));
}

function commandOf({ recipe, resume }: RecipeTask, folder: vscode.WorkspaceFolder | undefined): string[] {
  const { engine, jobs, threads } = readSettings();
  const shared = ['--jobs', String(jobs), '--threads', String(threads)];
  if (resume !== undefined) return ['resume', resume, ...shared];
  const runs = folder && runsSetting(folder.uri.fsPath);
  return ['run', recipe, '--engine', engine, ...shared, ...(runs === undefined ? [] : ['--runs', runs])];
}
