import { rm } from 'node:fs/promises';
import type { Checkpoint } from '../../src/core/checkpoint/checkpoint.ts';
import { readCheckpoint } from '../../src/core/checkpoint/folder.ts';
import { inputLength } from '../../src/core/checkpoint/graph/inputLength.ts';
import { inspectCheckpoint } from '../../src/core/checkpoint/inspect.ts';
import { factorizeLayers } from '../../src/core/embedding/factorizeLayers.ts';
import { createWasmEngine } from '../../src/core/engine/wasmEngine.ts';
import { UserError } from '../../src/core/errors.ts';
import { createPredictor } from '../../src/core/model/predictor.ts';
import { textDefaults } from '../../src/core/recipe/defaults.ts';
import type { ArchitectureSettings } from '../../src/core/recipe/recipe.ts';

const engine = createWasmEngine();

/** Classifies a sentence of table rows. */
export function computeWith(checkpoint: Checkpoint): void {
  const { spec } = checkpoint;
  const maxLength = inputLength(spec) ?? 6;
  const text = { ...textDefaults, tokenizer: 'ids', maxLength } as const;
  createPredictor({ ...checkpoint, text }, engine)('0 1 2 3');
}

let rounds = 0;

/**
 * Does with a model's file all that a user can; factorizes every fourth one without retraining, which takes longest.
 * @throws UserError the first of those refusals that there are
 */
export async function readWhole(path: string, architecture?: ArchitectureSettings): Promise<void> {
  const output = `${path}-factorized`;
  const works = [
    () => inspectCheckpoint(path, architecture),
    async () => {
      computeWith(await readCheckpoint(path, architecture));
    },
    ...(rounds++ % 4 === 0 && /\.(json|keras|h5)$/.test(path)
      ? [() => factorizeLayers(path, output, { size: { rank: 1 } })]
      : []),
  ];
  let first: UserError | undefined;
  for (const work of works) {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      first ??= error;
    }
  }
  await rm(output, { recursive: true, force: true });
  if (first !== undefined) throw first;
}
