import { UserError } from '../errors.ts';
import type { Body, ModelSpec } from './checkpoint.ts';

/** Where a weight of ours lies in a saved model. */
export interface WeightSource {
  readonly ours: string;
  readonly theirs: string;
}

interface Layer {
  readonly className: string;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly inputs: readonly string[];
}

const supported =
  'Embedding, an optional Dense without bias and activation, GlobalAveragePooling1D or LSTM, Dropout, Dense with ReLU, and a Dense head';

/**
 * What a foreign layers model computes, where it is a chain of the supported layers:
 * Embedding -> [Dense without bias and activation: the factor B] -> GlobalAveragePooling1D, or LSTM (its last state, or
 * its sequence averaged) -> Dense with ReLU, any number -> Dense with softmax, sigmoid (one unit) or none; Dropout
 * anywhere; the activation of a Dense may be a layer of its own.
 *
 * tfjs's average pooling ignores masks, so a model with it counts its padding; an LSTM with `mask_zero` does not.
 *
 * @param shapes of the saved weights, by their names.
 * @throws UserError `unsupported-layer` that names the layer, `no-embedding`, or `weight-shape`.
 */
export function specOfTopology(
  topology: unknown,
  shapes: ReadonlyMap<string, readonly number[]>,
  file: string,
): { spec: ModelSpec; sources: readonly WeightSource[] } {
  const chain = new Chain(chainOf(topology, file), shapes, file);
  return chain.read();
}

/** The layers in the order of the data's way through them. */
function chainOf(topology: unknown, file: string): Layer[] {
  const root = (topology ?? {}) as Record<string, unknown>;
  const model = (root.model_config ?? root) as { class_name?: unknown; config?: unknown };
  const config = model.config as Record<string, unknown> | unknown[] | undefined;
  const raw = Array.isArray(config) ? config : config?.layers;
  if (!Array.isArray(raw)) {
    throw new UserError(
      'no-topology',
      'The model has no layers in its topology.',
      'Export it as a tfjs layers model.',
      {
        file,
      },
    );
  }
  const layers = raw.map((value: unknown): Layer => {
    const layer = (value ?? {}) as Record<string, unknown>;
    const settings = (layer.config ?? {}) as Record<string, unknown>;
    const name = typeof settings.name === 'string' ? settings.name : String(layer.name);
    return {
      className: String(layer.class_name),
      name,
      config: settings,
      inputs: inboundOf(layer.inbound_nodes),
    };
  });
  if (model.class_name === 'Sequential') return layers.filter(({ className }) => className !== 'InputLayer');
  const chain: Layer[] = [];
  const inputs = layers.filter(({ className }) => className === 'InputLayer');
  if (inputs.length !== 1) {
    throw new UserError(
      'several-inputs',
      `The model has ${inputs.length} inputs, where one is expected.`,
      'Export a model with one input of token ids.',
      { file },
    );
  }
  for (let last = inputs[0]!, left = layers.length; left > 0; left--) {
    const next = layers.filter((layer) => layer.inputs.includes(last.name));
    if (next.length === 0) break;
    const branch = next.length > 1 ? next[1] : next[0]!.inputs.length > 1 ? next[0] : undefined;
    if (branch !== undefined)
      throw unsupported(branch, 'it makes a branch, and only a chain of layers is supported', file);
    last = next[0]!;
    chain.push(last);
  }
  return chain;
}

/** Names of the layers that feed one: `[[["name", 0, 0, {}], ...]]`. */
function inboundOf(nodes: unknown): string[] {
  const first: unknown = Array.isArray(nodes) ? nodes[0] : undefined;
  if (!Array.isArray(first)) return [];
  return first.map((input: unknown) => String(Array.isArray(input) ? input[0] : input));
}

function unsupported({ className, name }: Layer, why: string, file: string): UserError {
  return new UserError(
    'unsupported-layer',
    `The layer '${name}' (${className}) is not supported: ${why}.`,
    `Supported are chains of ${supported}.`,
    { file, item: name },
  );
}

class Chain {
  readonly #layers: readonly Layer[];
  readonly #shapes: ReadonlyMap<string, readonly number[]>;
  readonly #file: string;
  readonly #sources: WeightSource[] = [];
  #at = 0;

  constructor(layers: readonly Layer[], shapes: ReadonlyMap<string, readonly number[]>, file: string) {
    // Dropout does nothing at inference.
    this.#layers = layers.filter(({ className }) => !/^(Spatial)?Dropout(1D)?$/.test(className));
    this.#shapes = shapes;
    this.#file = file;
  }

  read(): { spec: ModelSpec; sources: readonly WeightSource[] } {
    const first = this.#layers[0];
    if (first?.className !== 'Embedding') {
      if (this.#layers.some(({ className }) => className === 'Embedding') && first !== undefined) {
        throw unsupported(first, 'it comes before the embedding', this.#file);
      }
      throw new UserError(
        'no-embedding',
        'The model has no embedding layer, so there is no table to compress.',
        'Choose a text classifier whose first layer is an Embedding.',
        { file: this.#file },
      );
    }
    this.#at = 1;
    const [rows, width] = this.#pair(first, 'embeddings');
    let dimension = width;
    let rank: number | undefined;
    const factor = this.#peek();
    if (
      factor?.className === 'Dense' &&
      factor.config.use_bias === false &&
      this.#activation(factor) === 'linear'
    ) {
      this.#at++;
      const [k, n] = this.#pair(factor, 'kernel', width);
      rank = k;
      dimension = n;
      this.#source('embedding/A', first, 'embeddings');
      this.#source('embedding/B', factor, 'kernel');
    } else {
      this.#source('embedding/table', first, 'embeddings');
    }
    const { body, masked, width: features } = this.#encoder(dimension, first.config.mask_zero === true);
    const { hidden, head, classes } = this.#dense(features);
    return {
      spec: {
        embedding: { rows, dimension, ...(rank !== undefined && { rank }) },
        body: { ...body, hidden },
        head,
        classes,
        masked,
      },
      sources: this.#sources,
    };
  }

  #encoder(dimension: number, maskZero: boolean): { body: Body; masked: boolean; width: number } {
    const layer = this.#next();
    if (layer.className === 'GlobalAveragePooling1D') {
      return { body: { kind: 'dan', hidden: [] }, masked: false, width: dimension };
    }
    if (layer.className !== 'LSTM') {
      throw unsupported(layer, 'after the embedding comes GlobalAveragePooling1D or LSTM', this.#file);
    }
    const expected: Record<string, unknown> = {
      activation: 'tanh',
      recurrent_activation: 'sigmoid',
      use_bias: true,
      go_backwards: false,
      stateful: false,
    };
    for (const [field, value] of Object.entries(expected)) {
      const found = layer.config[field];
      // tfjs's own default for the recurrent activation is the hard sigmoid.
      const missing = found === undefined && field !== 'recurrent_activation';
      if (!missing && found !== value) {
        throw unsupported(
          layer,
          `its ${field} is ${JSON.stringify(found ?? 'hard_sigmoid')}, where ${JSON.stringify(value)} is expected`,
          this.#file,
        );
      }
    }
    const [, gates] = this.#pair(layer, 'kernel', dimension);
    const units = gates / 4;
    this.#pair(layer, 'recurrent_kernel', units);
    for (const weight of ['kernel', 'recurrent_kernel', 'bias'])
      this.#source(`lstm/${weight}`, layer, weight);
    let pooling: 'mean' | 'last' = 'last';
    if (layer.config.return_sequences === true) {
      const average = this.#next();
      if (average.className !== 'GlobalAveragePooling1D') {
        throw unsupported(
          average,
          'an LSTM that returns its sequence is followed by GlobalAveragePooling1D',
          this.#file,
        );
      }
      if (maskZero) {
        throw unsupported(
          average,
          'tfjs and Keras differ in how it treats the mask of the LSTM before it',
          this.#file,
        );
      }
      pooling = 'mean';
    }
    return {
      body: { kind: 'lstm', units, pooling, peepholes: false, hidden: [] },
      masked: maskZero,
      width: units,
    };
  }

  #dense(features: number): { hidden: number[]; head: ModelSpec['head']; classes: number } {
    const hidden: number[] = [];
    for (;;) {
      const layer = this.#next();
      if (layer.className !== 'Dense') throw unsupported(layer, 'here only Dense layers follow', this.#file);
      if (layer.config.use_bias === false) throw unsupported(layer, 'it has no bias', this.#file);
      let activation = this.#activation(layer);
      const own = this.#peek();
      if (
        activation === 'linear' &&
        own !== undefined &&
        ['Activation', 'ReLU', 'Softmax'].includes(own.className)
      ) {
        activation = own.className === 'Activation' ? this.#activation(own) : own.className.toLowerCase();
        this.#at++;
      }
      const [, units] = this.#pair(layer, 'kernel', features);
      const last = this.#at === this.#layers.length;
      const name = last ? 'head' : `hidden_${hidden.length}`;
      this.#source(`${name}/kernel`, layer, 'kernel');
      this.#source(`${name}/bias`, layer, 'bias');
      if (!last) {
        if (activation !== 'relu')
          throw unsupported(layer, `its activation is '${activation}', where 'relu' is expected`, this.#file);
        hidden.push(units);
        features = units;
        continue;
      }
      if (activation === 'sigmoid' && units === 1) return { hidden, head: 'sigmoid', classes: 2 };
      if (units > 1 && activation === 'softmax') return { hidden, head: 'softmax', classes: units };
      if (units > 1 && activation === 'linear') return { hidden, head: 'logits', classes: units };
      throw unsupported(
        layer,
        `a head of ${units} units with '${activation}' is no classifier of one label a sentence`,
        this.#file,
      );
    }
  }

  #peek(): Layer | undefined {
    return this.#layers[this.#at];
  }

  #next(): Layer {
    const layer = this.#layers[this.#at++];
    if (layer !== undefined) return layer;
    throw new UserError(
      'no-head',
      'The model ends before its classifying layer.',
      `Supported are chains of ${supported}.`,
      { file: this.#file },
    );
  }

  #activation({ config }: Layer): string {
    return typeof config.activation === 'string' ? config.activation : 'linear';
  }

  #nameOf(layer: Layer, weight: string): string {
    const wanted = `${layer.name}/${weight}`;
    if (this.#shapes.has(wanted)) return wanted;
    // Converted Keras models repeat scopes: layer/scope/weight.
    for (const name of this.#shapes.keys()) {
      if (name.startsWith(`${layer.name}/`) && name.endsWith(`/${weight}`)) return name;
    }
    throw new UserError(
      'weight-missing',
      `The weight '${wanted}' of the layer '${layer.name}' is missing.`,
      'Export the model anew.',
      { file: this.#file, item: wanted },
    );
  }

  #source(ours: string, layer: Layer, weight: string): void {
    this.#sources.push({ ours, theirs: this.#nameOf(layer, weight) });
  }

  /** The shape of a matrix, whose rows must be as many as the layer before has outputs. */
  #pair(layer: Layer, weight: string, rows?: number): [number, number] {
    const name = this.#nameOf(layer, weight);
    const shape = this.#shapes.get(name) ?? [];
    const [r, c] = shape;
    if (
      shape.length !== 2 ||
      r === undefined ||
      c === undefined ||
      r < 1 ||
      c < 1 ||
      (rows !== undefined && r !== rows)
    ) {
      throw new UserError(
        'weight-shape',
        `The weight '${name}' is ${shape.join(' x ')}, where ${rows ?? 'm'} x n is expected.`,
        'Export the model anew.',
        { file: this.#file, item: name },
      );
    }
    return [r, c];
  }
}
