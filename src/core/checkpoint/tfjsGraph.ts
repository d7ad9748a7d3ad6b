import type { LayerOutput } from './layers.ts';

/** A weight of the saved model: ours by name, or constants that only the saved graph needs. */
export interface SavedWeight {
  /** As tfjs names it: layer/weight. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly source: string | Float32Array;
}

type Config = Record<string, unknown>;

/** Collects layers and their weights; each method adds one and returns its name. */
export class Graph {
  readonly layers: Record<string, unknown>[] = [];
  readonly weights: SavedWeight[] = [];
  /** The layers' outputs by the names of the calls that give them; that of a layer's first call is the layer's. */
  readonly calls = new Map<string, LayerOutput>();
  readonly #inbound = new Map<string, unknown[]>();

  add(className: string, name: string, config: Config, inputs: readonly string[]): string {
    const inbound: unknown[] = [];
    this.layers.push({ class_name: className, name, config: { name, ...config }, inbound_nodes: inbound });
    this.#inbound.set(name, inbound);
    if (inputs.length > 0) inbound.push(this.#from(inputs));
    this.calls.set(name, { layer: name, call: 0 });
    return name;
  }

  /** Calls a layer once more. @param name of the call */
  again(layer: string, name: string, inputs: readonly string[]): string {
    const inbound = this.#inbound.get(layer);
    if (inbound === undefined) throw new Error(`There is no layer '${layer}'.`);
    this.calls.set(name, { layer, call: inbound.push(this.#from(inputs)) - 1 });
    return name;
  }

  #from(inputs: readonly string[]): unknown[] {
    return inputs.map((input) => {
      const { layer, call } = this.calls.get(input) ?? { layer: input, call: 0 };
      return [layer, call, 0, {}];
    });
  }

  has(name: string): boolean {
    return this.layers.some((layer) => layer.name === name);
  }

  weight(name: string, shape: readonly number[], source: string | Float32Array): void {
    this.weights.push({ name, shape, source });
  }

  dense(
    name: string,
    input: string,
    inputs: number,
    units: number,
    config: Config,
    kernel: string | Float32Array,
    bias?: string | Float32Array,
  ): string {
    this.add(
      'Dense',
      name,
      { units, activation: 'linear', ...config, use_bias: bias !== undefined, trainable: true },
      [input],
    );
    this.weight(`${name}/kernel`, [inputs, units], kernel);
    if (bias !== undefined) this.weight(`${name}/bias`, [units], bias);
    return name;
  }

  /** @param shape of the kernel: width, inputs, filters */
  convolution(
    name: string,
    input: string,
    shape: readonly [number, number, number],
    activation: 'linear' | 'relu',
    kernel: string | Float32Array,
    bias?: string,
  ): string {
    const [width, , filters] = shape;
    this.add(
      'Conv1D',
      name,
      {
        filters,
        kernel_size: [width],
        strides: [1],
        padding: 'valid',
        data_format: 'channels_last',
        dilation_rate: [1],
        activation,
        use_bias: bias !== undefined,
        trainable: true,
      },
      [input],
    );
    this.weight(`${name}/kernel`, shape, kernel);
    if (bias !== undefined) this.weight(`${name}/bias`, [filters], bias);
    return name;
  }

  /** The sequence of ids with as many zeros before and behind. @returns it as a row, or as a column of one number each */
  padIds(name: string, before: number, behind: number, shape: 'row' | 'column'): string {
    const image = `${name}_image`;
    this.add('Reshape', image, { target_shape: [-1, 1, 1] }, ['ids']);
    const padding = [
      [before, behind],
      [0, 0],
    ];
    this.add('ZeroPadding2D', `${name}_zeros`, { padding, data_format: 'channels_last' }, [image]);
    return this.add('Reshape', name, { target_shape: shape === 'row' ? [-1] : [-1, 1] }, [`${name}_zeros`]);
  }

  /**
   * From ids, one number each: relu(1 - id) is 1 at row 0 and 0 at every other.
   * @param suffix of the layer's name
   */
  isPadding(column: string, suffix = ''): string {
    const [minus, one] = [Float32Array.of(-1), Float32Array.of(1)];
    return this.dense(`is_padding${suffix}`, column, 1, 1, { activation: 'relu' }, minus, one);
  }
}
