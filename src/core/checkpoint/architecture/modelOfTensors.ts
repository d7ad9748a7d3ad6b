import type { ArchitectureSettings } from '../../recipe/recipe.ts';
import { checkFinite } from '../checkFinite.ts';
import type { Body, ModelSpec, ReadWeights, StoredSizes, Weights } from '../checkpoint.ts';
import { encoderWidth, weightShapes } from '../specFromJson.ts';
import { readTensor, tensorBytes, type StoredTensor, type TensorFile } from '../tensorFile.ts';
import { biasOf, convolutionsOf, recurrenceOf, type Encoder } from './encoders.ts';
import { denseChain } from './denseChain.ts';
import { embeddingOf, withPaddingFirst } from './embeddingTable.ts';
import { TensorNames } from './tensorNames.ts';
import { transpose } from './torchLayouts.ts';

/**
 * The model that a file of bare tensors is the weights of, as torch lays them out; which tensor is which is told by the
 * architecture or by the usual names.
 *
 * @throws UserError that names the tensor: it is missing, of another shape, or has no place in that architecture, so
 * that the model would not compute what it was trained to; `architecture-pooling` where a recurrence's is not given.
 */
export function modelOfTensors(
  file: TensorFile,
  architecture: ArchitectureSettings,
): { readonly spec: ModelSpec; readonly stored: StoredSizes; readonly readWeights: ReadWeights } {
  const { masked, paddingRow } = architecture;
  const names = new TensorNames(file);
  const table = embeddingOf(names, architecture);
  const [rows = 0, dimension = 0] = table.weight.shape;
  const encoder = encoderOf(names, architecture, dimension);
  const dense = denseChain(names, architecture.tensors.dense, encoderWidth(encoder.body, dimension));
  checkUnused(names, file, architecture);

  const units = dense.map(({ weight }) => weight.shape[0]!);
  const outputs = units.at(-1)!;
  const head = architecture.head ?? (outputs === 1 ? 'sigmoid' : 'logits');
  if ((head === 'sigmoid') !== (outputs === 1)) {
    throw names.error(
      'architecture-head',
      `The head '${head}' ${head === 'sigmoid' ? 'has one unit' : 'has a unit for each class'}, and '${dense.at(-1)!.name}' has ${outputs}.`,
      'Correct "head" in "architecture" in the recipe.',
    );
  }
  const spec: ModelSpec = {
    embedding: { rows: paddingRow === 'none' ? rows + 1 : rows, dimension },
    body: { ...encoder.body, hidden: units.slice(0, -1) },
    head,
    classes: Math.max(2, outputs),
    masked,
  };

  const made = new Map(encoder.weights);
  made.set('embedding/table', {
    tensors: [table.weight],
    make: (data) => withPaddingFirst(data, dimension, paddingRow),
  });
  dense.forEach(({ weight, bias }, i) => {
    const [out = 0, input = 0] = weight.shape;
    const layer = i === dense.length - 1 ? 'head' : `hidden_${i}`;
    made.set(`${layer}/kernel`, { tensors: [weight], make: (data) => transpose(data, out, input) });
    made.set(`${layer}/bias`, biasOf(bias, out));
  });
  const nameOf = new Map([...file.tensors].map(([name, tensor]) => [tensor, name]));
  const read = async (tensor: StoredTensor): Promise<Float32Array> => {
    const data = await readTensor(tensor);
    checkFinite(data, nameOf.get(tensor) ?? '', file.path);
    return data;
  };
  const stored = new Map(
    [...weightShapes(spec)].map(([name, shape]) => {
      const bytes = (made.get(name)?.tensors ?? []).reduce((sum, tensor) => sum + tensorBytes(tensor), 0);
      return [name, { shape, bytes }] as const;
    }),
  );
  return {
    spec,
    stored,
    async readWeights(without) {
      const weights: Weights = new Map();
      for (const [name, shape] of weightShapes(spec)) {
        if (without?.has(name)) continue;
        const { tensors = [], make } = made.get(name) ?? {};
        const data = make?.(...(await Promise.all(tensors.map(read))));
        if (data?.length !== shape.reduce((a, b) => a * b, 1))
          throw new Error(`Weight '${name}' was not made.`);
        weights.set(name, { shape, data });
      }
      return weights;
    },
  };
}

function encoderOf(names: TensorNames, { kind, pooling, tensors }: ArchitectureSettings, n: number): Encoder {
  const dan: Body = { kind: 'dan', hidden: [] };
  if (kind === 'dan') return { body: dan, weights: new Map() };
  if (kind === 'cnn') return convolutionsOf(names, tensors.convolutions, n);
  if (pooling !== undefined) return recurrenceOf(names, kind, pooling, tensors.recurrent, n);
  throw names.error(
    'architecture-pooling',
    `Nothing says whether the ${kind} hands on the mean of its outputs or its last one.`,
    'Set "pooling" in "architecture" in the recipe to "mean" or "last".',
  );
}

/** Buffers of counts and positions are integers; all else takes part in a prediction. */
function checkUnused(names: TensorNames, file: TensorFile, { kind, ignore }: ArchitectureSettings): void {
  for (const name of ignore) names.take(name);
  for (const name of names.left) {
    if (/^(u?int|bool)/.test(file.tensors.get(name)?.type.name ?? '')) continue;
    throw names.error(
      'unused-tensor',
      `The tensor '${name}' [${names.shape(name).join(', ')}] has no place in a model of the architecture '${kind}'.`,
      'Correct "architecture" in the recipe, or list the tensor in its "ignore" where it takes no part in a prediction.',
      name,
    );
  }
}
