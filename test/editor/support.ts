import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as vscode from 'vscode';
import type { EmbeddingPress } from '../../src/extension.ts';

/** The tests write their files into the folder that is open, which is a fresh one. */
export function inWorkspace(name: string): string {
  const folder = vscode.workspace.workspaceFolders?.[0];
  assert.ok(folder, 'The tests need an open folder.');
  return join(folder.uri.fsPath, name);
}

export async function write(name: string, text: string): Promise<vscode.Uri> {
  const path = inWorkspace(name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  return vscode.Uri.file(path);
}

export async function activated(): Promise<EmbeddingPress> {
  const extension = vscode.extensions.getExtension<EmbeddingPress>('embedding-press.embedding-press');
  assert.ok(extension, 'The extension is not installed.');
  return extension.activate();
}

/** Asks until the answer is there. */
export async function eventually<T>(
  what: string,
  ask: () => T | undefined | Promise<T | undefined>,
  seconds = 15,
): Promise<T> {
  for (const end = Date.now() + 1000 * seconds; Date.now() < end;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`Within ${seconds} s: ${what}.`);
}

const positive = ['good', 'fine', 'lovely', 'superb'];
const negative = ['bad', 'dull', 'poor', 'awful'];
const neutral = ['the', 'film', 'plot', 'was', 'very', 'quite'];

/** Sentences of two classes, one word of which tells the class. */
export function sentences(rows: number): string {
  const lines = Array.from({ length: rows }, (_, i) => {
    const tell = (i % 2 === 0 ? positive : negative)[(i >> 1) % 4] ?? '';
    const words = [0, 1, 2].map((j) => neutral[(i * (j + 1) + j) % neutral.length] ?? '');
    return `${words.join(' ')} ${tell}\t${i % 2 === 0 ? 'positive' : 'negative'}`;
  });
  return ['text\tlabel', ...lines, ''].join('\n');
}

/** A recipe that trains a tiny model and compresses it, in about a second with few epochs. */
export function tinyRecipe(data: string, epochs: number): string {
  return JSON.stringify({
    train: { architecture: 'dan', hidden: [4], embedding: { dimension: 8 }, epochs: 1 },
    data: { train: { path: data, format: 'tsv' } },
    compress: { reductions: [0.5] },
    retrain: { epochs, batchSize: 1 },
  });
}
