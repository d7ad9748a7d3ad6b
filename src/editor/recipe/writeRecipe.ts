import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as vscode from 'vscode';
import { formatRecipe } from '../../core/recipe/formatRecipe.ts';
import { freeRecipePath, recipeFromAnswers, recipePlace, type Answers } from '../recipeFromAnswers.ts';

/** Where a recipe goes if nothing else is said. */
export function placeFor(answers: Answers): { readonly folder: string; readonly path: string } {
  const subject = 'model' in answers ? answers.model : answers.train.path;
  const workspaceFolder = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(subject))?.uri.fsPath;
  const { folder, name } =
    'model' in answers
      ? recipePlace(answers.model, workspaceFolder)
      : // Data may lie anywhere; a recipe belongs to what is open.
        {
          folder: workspaceFolder === undefined ? openFolder(subject) : dirname(subject),
          name: answers.classifier.architecture,
        };
  return { folder, path: freeRecipePath(folder, name, existsSync) };
}

function openFolder(data: string): string {
  return vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? dirname(data);
}

export async function writeRecipe(answers: Answers, path: string): Promise<vscode.Uri> {
  // `wx`: a file that came in between stays.
  await writeFile(path, formatRecipe(recipeFromAnswers(answers, dirname(path))), { flag: 'wx' });
  return vscode.Uri.file(path);
}
