import { sep } from 'node:path';
import { foreignVocabularies, isKerasFile, modelFile, settingsFile } from '../core/checkpoint/fileNames.ts';

/** Names of the files that may hold a model; Keras's have names of their own. */
const searchedFiles: readonly string[] = [modelFile.tfjs, modelFile.safetensors];

export const modelGlob = `**/{${[...searchedFiles, '*.keras', '*.h5'].join(',')}}`;

const neverSearched = new Set(['node_modules', '.git', '.embedding-press']);
const readBesideModel = new Set([...searchedFiles, ...foreignVocabularies, settingsFile]);

/** Whether a file that comes, changes or goes can change what is known of models. */
export function concernsModels(path: string): boolean {
  const parts = path.split(sep);
  const name = parts.pop() ?? '';
  return (
    !parts.some(isPassedOver) && (readBesideModel.has(name) || isKerasFile(name) || name.endsWith('.bin'))
  );
}

/** Whether a file lies where no model of the user's is, such as in a folder that is being written. */
export function isPassedOver(path: string): boolean {
  return path.split(sep).some((part) => neverSearched.has(part) || /\.[0-9a-f]{8}\.tmp$/.test(part));
}
