import { UserError } from '../../errors.ts';
import type { Layer } from '../layers.ts';
import type { Hdf5File } from './hdf5.ts';

/** A weight of a Keras file. */
export interface KerasWeight {
  /** `layer/weight` or `layer/scope/weight` */
  readonly name: string;
  /** Its path in the HDF5 file. */
  readonly object: string;
}

export const modelWeights = '/model_weights';

type Config = Readonly<Record<string, unknown>>;

/** Weights that lie in one group of a `model.weights.h5`, by their position. */
interface WeightGroup {
  /** Behind the layer's own group. */
  readonly group: string;
  readonly scope: string;
  readonly weights: readonly string[];
}

function groupsOf(className: string, config: Config): WeightGroup[] {
  const own = (weights: readonly string[]): WeightGroup[] => [{ group: 'vars', scope: '', weights }];
  switch (className) {
    case 'Embedding':
      return own(['embeddings']);
    case 'Dense':
    case 'Conv1D':
      return own(['kernel', 'bias']);
    case 'LayerNormalization':
      return own(normalizing(config));
    case 'BatchNormalization':
      return own([...normalizing(config), 'moving_mean', 'moving_variance']);
    case 'LSTM':
    case 'GRU':
    case 'SimpleRNN':
      return [{ group: 'cell/vars', scope: '', weights: ofCell(config) }];
    case 'Bidirectional': {
      const { class_name: inner, config: forward = {} } = wrapped(config.layer);
      const { config: backward = forward } = wrapped(config.backward_layer);
      return [['forward', forward] as const, ['backward', backward] as const].map(([direction, own]) => ({
        group: `${direction}_layer/cell/vars`,
        scope: `${direction}_${String(inner).toLowerCase()}/`,
        weights: ofCell(own),
      }));
    }
    case 'TimeDistributed': {
      const { class_name: inner, config: innerConfig } = wrapped(config.layer);
      return groupsOf(String(inner), innerConfig ?? {}).map(({ group, ...rest }) => ({
        ...rest,
        group: `layer/${group}`,
      }));
    }
    default:
      return [];
  }
}

function normalizing({ scale, center }: Config): string[] {
  return [...(scale === false ? [] : ['gamma']), ...(center === false ? [] : ['beta'])];
}

function ofCell({ use_bias: useBias }: Config): string[] {
  return ['kernel', 'recurrent_kernel', ...(useBias === false ? [] : ['bias'])];
}

function wrapped(layer: unknown): { readonly class_name?: unknown; readonly config?: Config } {
  return layer ?? {};
}

/**
 * The weights that a `.keras` file may have. Its groups are named by the layers' classes and counted: `layers/dense`,
 * `layers/dense_1`, and its arrays by their position.
 */
export function archiveWeights(
  layers: readonly Pick<Layer, 'className' | 'name' | 'config'>[],
): KerasWeight[] {
  const counts = new Map<string, number>();
  return layers.flatMap(({ className, name, config }) => {
    const count = counts.get(className) ?? 0;
    counts.set(className, count + 1);
    const folder = `/layers/${snakeCase(className)}${count === 0 ? '' : `_${count}`}`;
    return groupsOf(className, config).flatMap(({ group, scope, weights }) =>
      weights.map((weight, i) => ({
        name: `${name}/${scope}${weight}`,
        object: `${folder}/${group}/${i}`,
      })),
    );
  });
}

/** As Keras's `naming.to_snake_case` does. */
export function snakeCase(className: string): string {
  return className
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

/**
 * The weights of a whole model's `.h5` file, which lists their names in an attribute of each layer's group.
 * @throws UserError for a name that is there twice
 */
export async function listedWeights(
  hdf5: Hdf5File,
  layers: readonly Pick<Layer, 'name'>[],
  file: string,
): Promise<KerasWeight[]> {
  const found = new Map<string, KerasWeight>();
  for (const layer of layers) {
    const group = `${modelWeights}/${layer.name}`;
    for (const weight of await attributeList(hdf5, group, 'weight_names')) {
      const own = weight.startsWith(`${layer.name}/`) ? weight.slice(layer.name.length + 1) : weight;
      const name = `${layer.name}/${own.replace(/:0$/, '')}`;
      if (found.has(name)) {
        throw new UserError(
          'duplicate-weight',
          `The layer '${layer.name}' names the weight '${weight}' twice.`,
          'Save the model again.',
          { file, item: name },
        );
      }
      found.set(name, { name, object: `${group}/${weight}` });
    }
  }
  return [...found.values()];
}

/** A list that Keras cuts into `name0`, `name1` ... where it is too long for one attribute. */
export async function attributeList(hdf5: Hdf5File, group: string, name: string): Promise<string[]> {
  const whole = await hdf5.texts(group, name);
  if (whole !== undefined) return whole;
  const parts: string[] = [];
  for (let i = 0; ; i++) {
    const part = await hdf5.texts(group, `${name}${i}`);
    if (part === undefined) return parts;
    parts.push(...part);
  }
}
