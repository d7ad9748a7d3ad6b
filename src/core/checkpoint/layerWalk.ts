import { UserError } from '../errors.ts';
import { noHead, unsupported, type Layer } from './layers.ts';

/** Layers that hand on what they get, at inference. */
const passive = /^(Spatial)?Dropout(1D)?$/;

/** A walk along a model's layers with the data, from its one input on. Dropout is passed over. */
export class LayerWalk {
  readonly file: string;
  readonly #layers: readonly Layer[];
  readonly #start: Layer;
  #at: Layer | undefined;
  #steps = 0;

  /** @throws UserError `no-embedding`, `several-inputs` */
  constructor(layers: readonly Layer[], file: string) {
    this.file = file;
    this.#layers = layers;
    if (!layers.some(({ className }) => className === 'Embedding')) {
      throw new UserError(
        'no-embedding',
        'The model has no embedding layer, so there is no table to compress.',
        'Choose a text classifier whose first layer is an Embedding.',
        { file },
      );
    }
    const [start, ...others] = layers.filter(({ inputs }) => inputs.length === 0);
    if (start === undefined || others.length > 0) {
      throw new UserError(
        'several-inputs',
        `The model has ${start === undefined ? 0 : 1 + others.length} inputs, where one is expected.`,
        'Export a model with one input of token ids, or compress its embeddings without retraining: embedding-press factorize MODEL FOLDER --reduction 0.9.',
        { file },
      );
    }
    this.#start = start;
  }

  /** The layer ahead; undefined at the end. @throws UserError `unsupported-layer` where the way branches */
  get ahead(): Layer | undefined {
    const [next, branch] = this.branches;
    if (branch !== undefined) {
      throw unsupported(branch, 'it makes a branch, and only a chain of layers is supported here', this.file);
    }
    return next;
  }

  /** The layers ahead, which take what the last one gives. */
  get branches(): readonly Layer[] {
    if (this.#at !== undefined) return this.after(this.#at);
    return this.#start.className === 'InputLayer' ? this.after(this.#start) : [this.#start];
  }

  /** Steps on to the layer ahead. @throws UserError `no-head` at the end */
  next(): Layer {
    const layer = this.ahead;
    if (layer === undefined) throw noHead(this.file);
    if (layer.inputs.length > 1) {
      throw unsupported(layer, 'it makes a branch, and only a chain of layers is supported here', this.file);
    }
    this.goTo(layer);
    return layer;
  }

  /** Goes on behind a layer. */
  goTo(layer: Layer): void {
    if (++this.#steps > this.#layers.length) throw unsupported(layer, 'it lies on a circle', this.file);
    this.#at = layer;
  }

  /** What takes the output of a layer. @throws UserError `unsupported-layer` for a shared layer, and a circle of dropout */
  after(layer: Layer, passed = 0): Layer[] {
    if (passed > this.#layers.length) throw unsupported(layer, 'it lies on a circle', this.file);
    return this.#layers
      .filter(({ inputs }) => inputs.includes(layer.name))
      .flatMap((next) => {
        if (next.calls.length > 1) throw unsupported(next, 'the model calls it more than once', this.file);
        return passive.test(next.className) ? this.after(next, passed + 1) : [next];
      });
  }

  /** The layer whose output arrives under a name, behind any dropout. */
  origin(name: string): Layer | undefined {
    let found = this.#layers.find((layer) => layer.name === name);
    for (let passed = 0; found !== undefined && passive.test(found.className); passed++) {
      if (passed > this.#layers.length) throw unsupported(found, 'it lies on a circle', this.file);
      const [input] = found.inputs;
      found = this.#layers.find((layer) => layer.name === input);
    }
    return found;
  }
}
