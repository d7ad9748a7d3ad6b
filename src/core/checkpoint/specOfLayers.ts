import type { Body, ModelSpec } from './checkpoint.ts';
import { readConvolutions } from './convolutionsOfLayers.ts';
import { headOfUnits, type Head } from './headUnits.ts';
import { activationOf, sizeOf } from './layerConfig.ts';
import { unsupported, type Layer } from './layers.ts';
import { LayerWalk } from './layerWalk.ts';
import { weightName, type WeightSource } from './layerWeights.ts';
import { readRecurrence, recurrentLayers } from './recurrenceOfLayers.ts';

/** Whose rules a saved model's layers follow: they differ in what average pooling does with a mask. */
export type Dialect = 'tfjs' | 'keras';

/**
 * What a foreign model computes, where it is a chain of the supported layers:
 * Embedding -> [Dense without bias and activation: the factor B] -> GlobalAveragePooling1D; or LSTM, GRU or a
 * Bidirectional LSTM (the last state, or the sequence averaged); or Conv1D with ReLU and GlobalMaxPooling1D, several side
 * by side and concatenated -> Dense with ReLU, any number -> Dense with softmax, sigmoid or none. The factor
 * may also follow the average; Dropout may stand anywhere; a Dense's activation may be a layer of its own.
 *
 * With `mask_zero` recurrent layers pass over the padding; Keras's average pooling does, tfjs's counts it; convolutions
 * count it in both.
 *
 * @param names of the saved weights.
 * @throws UserError `unsupported-layer` that names the layer, `no-embedding`, `weight-missing`.
 */
export function specOfLayers(
  layers: readonly Layer[],
  names: ReadonlySet<string>,
  dialect: Dialect,
  file: string,
): { spec: ModelSpec; sources: readonly WeightSource[] } {
  const walk = new LayerWalk(layers, file);
  const sources: WeightSource[] = [];
  const source: AddSource = (ours, layer, weight, direction) => {
    sources.push({ ours, theirs: weightName(names, layer, weight, file, direction) });
  };
  const table = walk.next();
  if (table.className !== 'Embedding') throw unsupported(table, 'it comes before the embedding', file);
  const rows = sizeOf(table, 'input_dim', file);
  const width = sizeOf(table, 'output_dim', file);
  const maskZero = table.config.mask_zero === true;
  let factor = readFactor(walk);
  const body = readEncoder(walk, maskZero && dialect === 'tfjs', source);
  if (body.kind === 'dan') factor ??= readFactor(walk);
  source(factor === undefined ? 'embedding/table' : 'embedding/A', table, 'embeddings');
  if (factor !== undefined) source('embedding/B', factor, 'kernel');
  const { hidden, ...head } = readDense(walk, source);
  const spec: ModelSpec = {
    embedding:
      factor === undefined
        ? { rows, dimension: width }
        : { rows, dimension: sizeOf(factor, 'units', file), rank: width },
    body: { ...body, hidden },
    ...head,
    masked: maskZero && body.kind !== 'cnn' && (body.kind !== 'dan' || dialect === 'keras'),
  };
  return { spec, sources };
}

/** Notes where a weight of ours lies in the model. */
export type AddSource = (ours: string, layer: Layer, weight: string, direction?: string) => void;

function readFactor(walk: LayerWalk): Layer | undefined {
  const [layer, ...others] = walk.branches;
  const found =
    layer?.className === 'Dense' &&
    others.length === 0 &&
    layer.config.use_bias === false &&
    activationOf(layer) === 'linear' &&
    walk.after(layer).length > 0;
  return found ? walk.next() : undefined;
}

/** @param isMaskLost whether a mask would not reach the average of a recurrent layer's outputs */
function readEncoder(walk: LayerWalk, isMaskLost: boolean, source: AddSource): Body {
  if (walk.branches.some(({ className }) => className === 'Conv1D')) return readConvolutions(walk, source);
  const layer = walk.next();
  if (layer.className === 'GlobalAveragePooling1D') return { kind: 'dan', hidden: [] };
  if (recurrentLayers.has(layer.className)) return readRecurrence(walk, layer, isMaskLost, source);
  throw unsupported(
    layer,
    'after the embedding comes GlobalAveragePooling1D, LSTM, GRU, a Bidirectional LSTM or Conv1D',
    walk.file,
  );
}

function readDense(walk: LayerWalk, source: AddSource): Head & { hidden: number[] } {
  const hidden: number[] = [];
  const { file } = walk;
  for (;;) {
    const layer = walk.next();
    if (layer.className !== 'Dense') throw unsupported(layer, 'here only Dense layers follow', file);
    if (layer.config.use_bias === false) throw unsupported(layer, 'it has no bias', file);
    const units = sizeOf(layer, 'units', file);
    const activation = readActivation(walk, layer);
    const last = walk.ahead === undefined;
    const name = last ? 'head' : `hidden_${hidden.length}`;
    source(`${name}/kernel`, layer, 'kernel');
    source(`${name}/bias`, layer, 'bias');
    if (!last) {
      if (activation !== 'relu') {
        throw unsupported(layer, `its activation is '${activation}', where 'relu' is expected`, file);
      }
      hidden.push(units);
      continue;
    }
    const head = headOfUnits(activation, units);
    if (head !== undefined) return { hidden, ...head };
    throw unsupported(layer, `a head of ${units} units with '${activation}' is no classifier`, file);
  }
}

/** Of the layer, or of the activation layer that follows it. */
export function readActivation(walk: LayerWalk, layer: Layer): string {
  const own = activationOf(layer);
  const next = walk.ahead;
  if (own !== 'linear' || next === undefined || !['Activation', 'ReLU', 'Softmax'].includes(next.className)) {
    return own;
  }
  if (next.className === 'ReLU') checkPlainReLU(next, walk.file);
  walk.goTo(next);
  return next.className === 'Activation' ? activationOf(next) : next.className.toLowerCase();
}

function checkPlainReLU(layer: Layer, file: string): void {
  const { max_value: most, negative_slope: slope, threshold } = layer.config;
  if (typeof most === 'number') throw unsupported(layer, 'it has a largest value', file);
  const bends = [slope, threshold].some((value) =>
    [value].flat().some((x) => typeof x === 'number' && x !== 0),
  );
  if (bends) throw unsupported(layer, 'it has a slope or a threshold', file);
}
