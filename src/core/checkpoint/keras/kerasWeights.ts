import { UserError } from '../../errors.ts';
import { isModel, layersInside } from '../innerModels.ts';
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

type SavedLayer = Pick<Layer, 'className' | 'name' | 'config'>;

/**
 * The weights that a `.keras` file may have. Its groups are named by the layers' classes and counted: `layers/dense`,
 * `layers/dense_1`, and its arrays by their position; those of a model inside are in its group, in the same way.
 *
 * @param flat the same layers without models inside, whose names the weights get
 */
export function archiveWeights(
  saved: readonly SavedLayer[],
  flat: readonly Pick<Layer, 'name' | 'path'>[] = [],
): KerasWeight[] {
  const names = new Map(flat.map(({ name, path = [name] }) => [JSON.stringify(path), name]));
  const below = (layers: readonly SavedLayer[], parent: string, path: readonly string[]): KerasWeight[] => {
    const nextGroup = archiveGroups(parent);
    return layers.flatMap((layer) => {
      const { className, name, config } = layer;
      const folder = nextGroup(className);
      const own = [...path, name];
      if (isModel(layer)) return below(layersInside(layer), folder, own);
      const flatName = names.get(JSON.stringify(own)) ?? name;
      return groupsOf(className, config).flatMap(({ group, scope, weights }) =>
        weights.map((weight, i) => ({
          name: `${flatName}/${scope}${weight}`,
          object: `${folder}/${group}/${i}`,
        })),
      );
    });
  };
  return below(saved, '', []);
}

/**
 * Gives the groups of a model's layers in a `.keras` file, one after the other.
 * @param parent the model's own group, empty for that of the file
 */
export function archiveGroups(parent: string): (className: string) => string {
  const counts = new Map<string, number>();
  return (className) => {
    const snake = snakeCase(className);
    const count = counts.get(snake) ?? 0;
    counts.set(snake, count + 1);
    return `${parent}/layers/${snake}${count === 0 ? '' : `_${count}`}`;
  };
}

/** As Keras's `naming.to_snake_case` does. */
function snakeCase(className: string): string {
  return className
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

/**
 * The weights of a whole model's `.h5` file, which lists their names in an attribute of each layer's group; those of all
 * layers of a model inside are in the group of that model.
 *
 * @param flat the same layers without models inside, whose names the weights get
 * @throws UserError for a name that is there twice
 */
export async function listedWeights(
  hdf5: Hdf5File,
  saved: readonly SavedLayer[],
  flat: readonly Pick<Layer, 'name' | 'path'>[],
  file: string,
): Promise<KerasWeight[]> {
  const found = new Map<string, KerasWeight>();
  for (const layer of saved) {
    const group = `${modelWeights}/${layer.name}`;
    const inside = isModel(layer) ? flat.filter(({ path }) => path?.[0] === layer.name) : undefined;
    for (const weight of await attributeList(hdf5, group, 'weight_names')) {
      const owner = inside === undefined ? layer : ownerOf(weight, inside, layer, file);
      const name = `${owner.name}/${withoutLayer(weight, owner).replace(/:0$/, '')}`;
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

/** The name of a weight behind that of its layer, as it is saved. */
function withoutLayer(weight: string, { name, path = [name] }: Pick<Layer, 'name' | 'path'>): string {
  const at = `/${weight}`.indexOf(`/${path.at(-1)!}/`);
  return at < 0 || (path.length === 1 && at > 0) ? weight : weight.slice(at + path.at(-1)!.length + 1);
}

/** The layer of a model inside that a weight is of, or the model. @throws UserError where it may be of another layer */
function ownerOf(
  weight: string,
  layers: readonly Pick<Layer, 'name' | 'path'>[],
  model: Pick<Layer, 'name'>,
  file: string,
): Pick<Layer, 'name' | 'path'> {
  const parts = weight.split('/').slice(0, -1);
  const named = layers.filter(({ path }) => parts.includes(path!.at(-1)!));
  if (named.length === 0) return model;
  const below = named.filter(({ path }) => path!.slice(1).every((name) => parts.includes(name)));
  const [owner, other] = named.length === 1 ? named : below;
  if (owner !== undefined && other === undefined) return owner;
  throw new UserError(
    'ambiguous-weight',
    `Of which layer of the model '${model.name}' the weight '${weight}' is cannot be told.`,
    "Give the layers names of their own, or save the model as .keras, with model.save('model.keras').",
    { file, item: weight },
  );
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
