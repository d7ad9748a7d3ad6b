import { UserError } from '../errors.ts';
import type { Body, ModelSpec } from './checkpoint.ts';
import { chainOf, noHead, unsupported, type Layer } from './layerChain.ts';

/** Where a weight of ours lies in a saved model. */
export interface WeightSource {
  readonly ours: string;
  readonly theirs: string;
}

/**
 * What a foreign layers model computes, where it is a chain of the supported layers:
 * Embedding -> [Dense without bias and activation: the factor B] -> GlobalAveragePooling1D, or LSTM (its last state, or
 * its sequence averaged) -> Dense with ReLU, any number -> Dense with softmax, sigmoid (one unit) or none. The factor may
 * also follow the average; Dropout may stand anywhere; a Dense's activation may be a layer of its own.
 *
 * tfjs's average pooling ignores masks, so a model with it counts its padding; an LSTM with `mask_zero` does not.
 *
 * @param names of the saved weights.
 * @throws UserError `unsupported-layer` that names the layer, `no-embedding`, `weight-missing`.
 */
export function specOfLayers(
  layers: readonly Layer[],
  names: ReadonlySet<string>,
  file: string,
): { spec: ModelSpec; sources: readonly WeightSource[] } {
  const reader = new ChainReader(chainOf(layers, file), names, file);
  return { spec: reader.read(), sources: reader.sources };
}

class ChainReader {
  readonly sources: WeightSource[] = [];
  readonly #layers: readonly Layer[];
  readonly #names: ReadonlySet<string>;
  readonly #file: string;
  #at = 0;

  constructor(layers: readonly Layer[], names: ReadonlySet<string>, file: string) {
    this.#layers = layers;
    this.#names = names;
    this.#file = file;
  }

  read(): ModelSpec {
    const table = this.#next();
    if (table.className !== 'Embedding') throw this.#unsupported(table, 'it comes before the embedding');
    const rows = this.#size(table, 'input_dim');
    const width = this.#size(table, 'output_dim');
    let factor = this.#factor();
    const body = this.#encoder(table.config.mask_zero === true);
    if (body.kind === 'dan') factor ??= this.#factor();
    this.#source(factor === undefined ? 'embedding/table' : 'embedding/A', table, 'embeddings');
    if (factor !== undefined) this.#source('embedding/B', factor, 'kernel');
    const { hidden, head, classes } = this.#dense();
    return {
      embedding:
        factor === undefined
          ? { rows, dimension: width }
          : { rows, dimension: this.#size(factor, 'units'), rank: width },
      body: { ...body, hidden },
      head,
      classes,
      masked: body.kind === 'lstm' && table.config.mask_zero === true,
    };
  }

  #factor(): Layer | undefined {
    const layer = this.#layers[this.#at];
    const found =
      layer?.className === 'Dense' &&
      layer.config.use_bias === false &&
      activationOf(layer) === 'linear' &&
      this.#at < this.#layers.length - 1;
    if (!found) return undefined;
    this.#at++;
    return layer;
  }

  #encoder(maskZero: boolean): Body {
    const layer = this.#next();
    if (layer.className === 'GlobalAveragePooling1D') return { kind: 'dan', hidden: [] };
    if (layer.className !== 'LSTM') {
      throw this.#unsupported(layer, 'after the embedding comes GlobalAveragePooling1D or LSTM');
    }
    this.#checkLstm(layer);
    const units = this.#size(layer, 'units');
    for (const weight of ['kernel', 'recurrent_kernel', 'bias'])
      this.#source(`lstm/${weight}`, layer, weight);
    const lstm = { kind: 'lstm', units, peepholes: false, hidden: [] } as const;
    if (layer.config.return_sequences !== true) return { ...lstm, pooling: 'last' };
    const average = this.#next();
    if (average.className !== 'GlobalAveragePooling1D') {
      throw this.#unsupported(
        average,
        'an LSTM that returns its sequence is followed by GlobalAveragePooling1D',
      );
    }
    if (maskZero) {
      throw this.#unsupported(
        average,
        'tfjs and Keras differ in how it treats the mask of the LSTM before it',
      );
    }
    return { ...lstm, pooling: 'mean' };
  }

  #checkLstm(layer: Layer): void {
    // What tfjs takes where the topology does not say it; its recurrent default is the hard sigmoid.
    const defaults = { activation: 'tanh', recurrent_activation: 'hard_sigmoid', use_bias: true };
    const expected = {
      activation: 'tanh',
      recurrent_activation: 'sigmoid',
      use_bias: true,
      go_backwards: false,
      stateful: false,
      return_state: false,
    };
    const found: Record<string, unknown> = { ...expected, ...defaults, ...layer.config };
    for (const [field, value] of Object.entries(expected)) {
      if (found[field] === value) continue;
      const why = `its ${field} is ${JSON.stringify(found[field])}, where ${JSON.stringify(value)} is expected`;
      throw this.#unsupported(layer, why);
    }
  }

  #dense(): { hidden: number[]; head: ModelSpec['head']; classes: number } {
    const hidden: number[] = [];
    for (;;) {
      const layer = this.#next();
      if (layer.className !== 'Dense') throw this.#unsupported(layer, 'here only Dense layers follow');
      if (layer.config.use_bias === false) throw this.#unsupported(layer, 'it has no bias');
      const units = this.#size(layer, 'units');
      const activation = this.#activation(layer);
      const last = this.#at === this.#layers.length;
      const name = last ? 'head' : `hidden_${hidden.length}`;
      this.#source(`${name}/kernel`, layer, 'kernel');
      this.#source(`${name}/bias`, layer, 'bias');
      if (!last) {
        if (activation !== 'relu') {
          throw this.#unsupported(layer, `its activation is '${activation}', where 'relu' is expected`);
        }
        hidden.push(units);
        continue;
      }
      if (activation === 'sigmoid' && units === 1) return { hidden, head: 'sigmoid', classes: 2 };
      if (activation === 'softmax' && units > 1) return { hidden, head: 'softmax', classes: units };
      if (activation === 'linear' && units > 1) return { hidden, head: 'logits', classes: units };
      throw this.#unsupported(
        layer,
        `a head of ${units} units with '${activation}' is no classifier of one label a sentence`,
      );
    }
  }

  /** Of the layer, or of the activation layer that follows it. */
  #activation(layer: Layer): string {
    const own = activationOf(layer);
    const next = this.#layers[this.#at];
    if (
      own !== 'linear' ||
      next === undefined ||
      !['Activation', 'ReLU', 'Softmax'].includes(next.className)
    ) {
      return own;
    }
    if (next.className === 'ReLU' && typeof next.config.max_value === 'number') {
      throw this.#unsupported(next, 'it has a largest value');
    }
    this.#at++;
    return next.className === 'Activation' ? activationOf(next) : next.className.toLowerCase();
  }

  #next(): Layer {
    const layer = this.#layers[this.#at++];
    if (layer === undefined) throw noHead(this.#file);
    return layer;
  }

  #size(layer: Layer, field: string): number {
    const size = layer.config[field];
    if (typeof size === 'number' && Number.isSafeInteger(size) && size > 0) return size;
    throw this.#unsupported(layer, `its ${field} is ${JSON.stringify(size)}, where a size is expected`);
  }

  #source(ours: string, layer: Layer, weight: string): void {
    this.sources.push({ ours, theirs: this.#nameOf(layer, weight) });
  }

  #nameOf(layer: Layer, weight: string): string {
    const wanted = `${layer.name}/${weight}`;
    if (this.#names.has(wanted)) return wanted;
    // Converted Keras models repeat scopes: layer/scope/weight.
    for (const name of this.#names) {
      if (name.startsWith(`${layer.name}/`) && name.endsWith(`/${weight}`)) return name;
    }
    throw new UserError(
      'weight-missing',
      `The weight '${wanted}' of the layer '${layer.name}' is missing.`,
      'Export the model anew.',
      { file: this.#file, item: wanted },
    );
  }

  #unsupported(layer: Layer, why: string): UserError {
    return unsupported(layer, why, this.#file);
  }
}

function activationOf({ config }: Layer): string {
  return typeof config.activation === 'string' ? config.activation : 'linear';
}
