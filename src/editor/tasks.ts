import { basename, join } from 'node:path';
import * as vscode from 'vscode';
import { findInWorkspace } from './pickFile.ts';
import { readSettings } from './settings.ts';

export const taskType = 'embedding-press';

interface RecipeTask extends vscode.TaskDefinition {
  readonly type: typeof taskType;
  /** Relative to the workspace folder, or absolute. */
  readonly recipe: string;
}

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
    const definition = task.definition as Partial<RecipeTask>;
    const scope = task.scope ?? vscode.TaskScope.Workspace;
    if (typeof definition.recipe !== 'string') return undefined;
    // VS Code wants the very definition back.
    return this.#task(task.definition as RecipeTask, scope, task.name);
  }

  #task(
    definition: RecipeTask,
    scope: vscode.WorkspaceFolder | vscode.TaskScope,
    name = `run ${basename(definition.recipe, '.press.json')}`,
  ): vscode.Task {
    const { engine, jobs } = readSettings();
    const folder = typeof scope === 'object' ? scope : vscode.workspace.workspaceFolders?.[0];
    const args = [this.#cli, 'run', definition.recipe, '--engine', engine, '--jobs', String(jobs)];
    const execution = new vscode.ProcessExecution(process.execPath, args, {
      env: { ELECTRON_RUN_AS_NODE: '1' },
      ...(folder && { cwd: folder.uri.fsPath }),
    });
    const matchers = ['$embedding-press', '$embedding-press-file'];
    const task = new vscode.Task(definition, scope, name, taskType, execution, matchers);
    task.detail = 'Train, compress and retrain as the recipe says';
    return task;
  }
}
