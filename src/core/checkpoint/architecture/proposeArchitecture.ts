import { UserError } from '../../errors.ts';
import { architectureDefaults } from '../../recipe/defaults.ts';
import type { RawArchitecture } from '../../recipe/rawRecipe.ts';
import type { TensorFile } from '../tensorFile.ts';
import { modelOfTensors } from './modelOfTensors.ts';

/**
 * The `architecture` that a file's tensors look like by their usual names, or why there is none. Which outputs a
 * recurrence hands on is not among what tensors tell: `last` stands for either.
 */
export function proposeArchitecture(file: TensorFile): RawArchitecture | UserError {
  const names = [...file.tensors.keys()];
  const shapeOf = (end: string): readonly number[] =>
    file.tensors.get(names.find((name) => name.endsWith(end)) ?? '')?.shape ?? [];
  const [height = 0, units = 1] = shapeOf('weight_hh_l0');
  const isBidirectional = names.some((name) => name.endsWith('weight_ih_l0_reverse'));
  const recurrent = height / units === 3 ? 'gru' : isBidirectional ? 'bilstm' : 'lstm';
  const isConvolution = names.some(
    (name) => name.endsWith('weight') && (file.tensors.get(name)?.shape.length ?? 0) > 2,
  );
  const proposed: RawArchitecture =
    height > 0 ? { kind: recurrent, pooling: 'last' } : { kind: isConvolution ? 'cnn' : 'dan' };
  try {
    modelOfTensors(file, { ...architectureDefaults, ...proposed });
    return proposed;
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}
