import { activationOf, sizeOf } from '../layerConfig.ts';
import { unsupported, type Layer } from '../layers.ts';
import type { UsedCall } from './usedCalls.ts';

/** An embedding layer of a saved model. */
export interface ReadTable {
  readonly layer: Layer;
  readonly rows: number;
  /** Of its vectors, behind the factor where there is one. */
  readonly dimension: number;
  /** Dense without bias and activation, all that takes the embedding: the factor B. */
  readonly factor: Layer | undefined;
  readonly rank: number | undefined;
  readonly maskZero: boolean;
  /** Its calls, in the order of the inputs that they read. */
  readonly calls: readonly TableCall[];
}

interface TableCall {
  readonly call: UsedCall;
  /** Place of the input that it reads. */
  readonly input: number;
  /** Name of the call that gives the vectors: its own, or the factor's. */
  readonly vectors: string;
}

/**
 * The embeddings of a model, the largest table first.
 *
 * @param inputs names of the calls that give token ids, in the order of the model's inputs
 * @param head which is no factor
 * @throws UserError `unsupported-layer` where there is none, and for one that takes no input
 */
export function readTables(
  calls: readonly UsedCall[],
  inputs: readonly (string | undefined)[],
  head: UsedCall,
  file: string,
): readonly [ReadTable, ...ReadTable[]] {
  const layers = [...new Set(calls.map(({ layer }) => layer))];
  const [first, ...others] = layers
    .filter(({ className }) => className === 'Embedding')
    .map((layer) => readTable(layer, calls, inputs, head, file))
    .sort((a, b) => b.rows * b.dimension - a.rows * a.dimension);
  if (first === undefined) throw unsupported(calls.at(-1)!.layer, 'no Embedding leads to it', file);
  return [first, ...others];
}

function readTable(
  layer: Layer,
  calls: readonly UsedCall[],
  inputs: readonly (string | undefined)[],
  head: UsedCall,
  file: string,
): ReadTable {
  const width = sizeOf(layer, 'output_dim', file);
  const own = calls.filter((call) => call.layer === layer);
  const factor = factorOf(own, calls, head);
  const vectors = (call: UsedCall): string =>
    factor === undefined
      ? call.name
      : calls.find((next) => next.layer === factor && next.inputs[0] === call.name)!.name;
  return {
    layer,
    rows: sizeOf(layer, 'input_dim', file),
    dimension: factor === undefined ? width : sizeOf(factor, 'units', file),
    factor,
    rank: factor === undefined ? undefined : width,
    maskZero: layer.config.mask_zero === true,
    calls: own
      .map((call) => {
        const input = inputs.indexOf(call.inputs[0]);
        if (input < 0)
          throw unsupported(layer, `it takes '${call.inputs[0]}', where token ids are expected`, file);
        return { call, input, vectors: vectors(call) };
      })
      .sort((a, b) => a.input - b.input),
  };
}

/** The Dense layer that takes all outputs of an embedding, each once, and nothing else. */
function factorOf(own: readonly UsedCall[], calls: readonly UsedCall[], head: UsedCall): Layer | undefined {
  const names = new Set(own.map(({ name }) => name));
  const takers = calls.filter(({ inputs }) => inputs.some((input) => names.has(input)));
  const [first] = takers;
  if (first === undefined || takers.length !== own.length || first.layer === head.layer) return undefined;
  const { layer } = first;
  const isFactor =
    layer.className === 'Dense' && layer.config.use_bias === false && activationOf(layer) === 'linear';
  const isAlone =
    takers.every((taker) => taker.layer === layer) &&
    new Set(takers.map(({ inputs }) => inputs[0])).size === own.length &&
    calls.filter((call) => call.layer === layer).length === own.length;
  return isFactor && isAlone ? layer : undefined;
}
