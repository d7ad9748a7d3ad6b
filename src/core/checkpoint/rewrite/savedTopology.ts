import { UserError } from '../../errors.ts';

/** JSON of a topology, which is copied and changed. */
export type Json = Record<string, unknown>;

/** A layer's output at one of its calls, as a topology refers to it. */
export interface TensorReference {
  readonly layer: string;
  readonly call: number;
  /** Makes it another layer's output. */
  readonly rename: (layer: string) => void;
}

/** A model in a topology, or a model that is one of its layers. */
export interface SavedModel {
  /** Names of the layers that the model is inside of, the outermost first. */
  readonly path: readonly string[];
  readonly isSequential: boolean;
  readonly layers: Json[];
  /** `output_layers`, and the like. */
  readonly config: Json;
}

export function object(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

export function nameOf(layer: Json): string {
  const { name } = object(layer.config);
  return typeof name === 'string' ? name : String(layer.name);
}

export function callsOf(layer: Json): unknown[] {
  return Array.isArray(layer.inbound_nodes) ? (layer.inbound_nodes as unknown[]) : [];
}

/** Models inside one another beyond this are no model's. */
const maxDepth = 16;

/**
 * The model of a topology and the models inside it, as tfjs and Keras 2 and 3 write them.
 * @throws UserError `no-topology`, also where something among the layers is none
 */
export function modelsIn(topology: unknown, file: string): SavedModel[] {
  const root = object(topology);
  const model = root.model_config === undefined ? root : object(root.model_config);
  const found: SavedModel[] = [];
  const visit = (of: Json, path: readonly string[]): void => {
    const layers = Array.isArray(of.config) ? (of.config as unknown[]) : object(of.config).layers;
    if (!Array.isArray(layers) || path.length > maxDepth) return;
    const stray = layers.findIndex((layer) => object(layer) !== layer);
    if (stray >= 0) throw noTopology(`Layer ${stray + 1} of the model is no layer`, file);
    found.push({
      path,
      isSequential: of.class_name === 'Sequential',
      // The array itself, into which layers are put.
      layers: layers as Json[],
      config: object(of.config),
    });
    for (const layer of layers.map(object)) visit(layer, [...path, nameOf(layer)]);
  };
  visit(model, []);
  if (found.length > 0) return found;
  throw noTopology('The model has no layers in its topology', file);
}

function noTopology(fault: string, file: string): UserError {
  return new UserError('no-topology', `${fault}.`, 'Export it as a Sequential or functional model.', {
    file,
  });
}

/**
 * The tensors in a part of a topology, in their order: `["layer", 0, 0, {}]` of Keras 2 and tfjs, and Keras 3's
 * `__keras_tensor__` with a `keras_history`.
 */
export function tensorsIn(value: unknown): TensorReference[] {
  if (Array.isArray(value)) {
    const list = value as unknown[];
    const [layer, call, tensor] = list;
    if (typeof layer !== 'string' || typeof call !== 'number' || typeof tensor !== 'number') {
      return list.flatMap(tensorsIn);
    }
    const rename = (name: string): void => {
      list[0] = name;
    };
    return [{ layer, call, rename }, ...tensorsIn(list.slice(3))];
  }
  const { class_name: className, config } = object(value);
  if (className === '__keras_tensor__') return tensorsIn(object(config).keras_history);
  return Object.values(object(value)).flatMap(tensorsIn);
}
