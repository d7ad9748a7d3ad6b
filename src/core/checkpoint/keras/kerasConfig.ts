import { UserError } from '../../errors.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * A Keras 3 topology in the form of Keras 2, which is handed on as it is: `batch_shape` becomes `batch_input_shape`,
 * a dtype policy its name, a serialized function its name, and calls become lists of `[layer, node, tensor, {}]`.
 *
 * Keras 3 writes the mask of an embedding as an operation, `ids != 0`, what merges make of it as further ones, and hands
 * them to every layer. These operations are left out where they say what `mask_zero` says; a call that is handed one has
 * `{ "mask": ["ids"] }` for its keywords, the layers whose masks it is made of.
 *
 * Keras 2's hard_sigmoid is another function than Keras 3's, and is named `hard_sigmoid_0.2`; so are the masks that its
 * merges make, which are named by `merged_mask`.
 *
 * @param model `config.json` of a `.keras` file, or `model_config` of an `.h5` file
 * @param version of the Keras that has saved it; undefined where the file does not say it
 * @throws UserError `unsupported-layer` for a layer that is called with other tensors by name.
 */
export function kerasTopology(model: unknown, version: string | undefined, file: string): Json {
  return translateModel(model, !(version ?? '').startsWith('3'), file);
}

function translateModel(model: unknown, isKeras2: boolean, file: string): Json {
  const { class_name: className, config } = object(model);
  const raw = object(config).layers;
  if (!Array.isArray(raw)) return object(model);
  const layers = raw.map(object);
  const masks = maskOperations(layers);
  checkInnerMasks(layers, masks, file);
  const kept = layers.filter((layer) => !masks.has(nameOf(layer)));
  return {
    class_name: className,
    config: { ...object(config), layers: kept.map((layer) => translateLayer(layer, masks, isKeras2, file)) },
  };
}

/**
 * Keras 3 takes a model inside for one that gives no mask, where it makes a mask of several, though at other layers the
 * mask of what is inside counts.
 *
 * @throws UserError `unsupported-layer`
 */
function checkInnerMasks(
  layers: readonly Json[],
  masks: ReadonlyMap<string, readonly string[]>,
  file: string,
): void {
  const models = new Set(layers.filter(isModel).map(nameOf));
  for (const layer of layers) {
    if (layer.class_name !== 'OnesLike' || !masks.has(nameOf(layer))) continue;
    const inner = inputsOf(layer).find((name) => models.has(name));
    if (inner === undefined) continue;
    throw new UserError(
      'unsupported-layer',
      `The layer '${inner}' is not supported: it is a model inside the model, and is merged with what has a mask.`,
      'Put its layers into the model themselves, or leave mask_zero out.',
      { file, item: inner },
    );
  }
}

/** What merging layers compute of their inputs' masks, all of which are the embedding's, or true or false throughout. */
const maskClasses: ReadonlySet<unknown> = new Set([
  'All',
  'Any',
  'Concatenate',
  'ExpandDims',
  'LogicalAnd',
  'LogicalOr',
  'OnesLike',
  'ZerosLike',
]);

/**
 * Operations that only masks use, and that compute `ids != 0` for an embedding with `mask_zero`, or what merges make of it;
 * with the layers whose ids they are made of.
 */
function maskOperations(layers: readonly Json[]): ReadonlyMap<string, readonly string[]> {
  const masked = new Set(
    layers
      .filter((layer) => layer.class_name === 'Embedding' && object(layer.config).mask_zero === true)
      .flatMap(inputsOf),
  );
  const isMask = (layer: Json): boolean => {
    const [call, ...others] = callsOf(layer);
    if (call === undefined || others.length > 0) return false;
    if (layer.class_name !== 'NotEqual') {
      // An operation, where there is a layer of that name, too.
      return maskClasses.has(layer.class_name) && object(layer.config).trainable === undefined;
    }
    const [input] = tensorsIn(call.args);
    return input !== undefined && masked.has(input.name) && Array.isArray(call.args) && call.args[1] === 0;
  };
  const found = new Map(layers.filter(isMask).map((layer) => [nameOf(layer), layer]));
  // What a layer takes, other than as its mask, is no mask; nor then is what that is made of.
  for (let size = -1; size !== found.size;) {
    size = found.size;
    for (const layer of layers) {
      if (found.has(nameOf(layer))) continue;
      for (const name of inputsOf(layer)) found.delete(name);
    }
  }
  const origins = new Map<string, readonly string[]>();
  // They stand in the order in which they are computed.
  for (const [name, layer] of found) {
    const inputs = inputsOf(layer);
    const own =
      layer.class_name === 'NotEqual' ? inputs : inputs.flatMap((input) => origins.get(input) ?? []);
    origins.set(name, [...new Set(own)]);
  }
  return origins;
}

/** Layers that make one mask of those of their inputs. */
const merges: ReadonlySet<unknown> = new Set(['Add', 'Average', 'Concatenate', 'Maximum', 'Multiply']);

function translateLayer(
  layer: Json,
  masks: ReadonlyMap<string, readonly string[]>,
  isKeras2: boolean,
  file: string,
): Json {
  const name = nameOf(layer);
  const nodes = Array.isArray(layer.inbound_nodes) ? (layer.inbound_nodes as unknown[]) : [];
  return {
    class_name: layer.class_name,
    name,
    config: {
      ...translateConfig(object(layer.config), isKeras2),
      ...(isModel(layer) && object(translateModel(layer, isKeras2, file).config)),
      ...(isKeras2 && merges.has(layer.class_name) && { merged_mask: 'all' }),
    },
    inbound_nodes: nodes.map((node) => {
      const call = callOf(node);
      const named = Object.entries(object(call.kwargs)).find(
        ([, value]) => tensorsIn(value).some(({ name }) => !masks.has(name)) || isLegacyTensor(value),
      );
      if (named !== undefined) {
        throw new UserError(
          'unsupported-layer',
          `The layer '${name}' (${String(layer.class_name)}) is not supported: it is called with a tensor for '${named[0]}'.`,
          'Use layers that are called with the output of the layer before alone.',
          { file, item: name },
        );
      }
      const mask = tensorsIn(object(call.kwargs).mask).flatMap(({ name }) => masks.get(name) ?? []);
      const keywords = mask.length > 0 ? { mask } : {};
      return tensorsIn(call.args).map((input) => [input.name, input.call, 0, keywords]);
    }),
  };
}

function translateConfig(config: Json, isKeras2: boolean): Json {
  const translated: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(config)) {
    const serialized = object(value);
    if (field === 'batch_shape') translated.batch_input_shape = value;
    else if (isKeras2 && value === 'hard_sigmoid') translated[field] = 'hard_sigmoid_0.2';
    else if (field === 'dtype' && serialized.class_name !== undefined) {
      translated.dtype = object(serialized.config).name;
    } else if (serialized.class_name === 'function' && typeof serialized.config === 'string') {
      translated[field] = serialized.config;
    } else if (field === 'layer' || field === 'backward_layer') {
      translated[field] = { ...serialized, config: translateConfig(object(serialized.config), isKeras2) };
    } else translated[field] = value;
  }
  return translated;
}

interface Call {
  readonly args: unknown;
  readonly kwargs: unknown;
}

function callsOf(layer: Json): Call[] {
  return Array.isArray(layer.inbound_nodes) ? layer.inbound_nodes.map(callOf) : [];
}

/** A call as Keras 3 writes it; those of Keras 2 are lists of inputs, the keywords with each. */
function callOf(node: unknown): Call {
  if (!Array.isArray(node)) return { args: object(node).args, kwargs: object(node).kwargs };
  const inputs = node.filter((input): input is unknown[] => Array.isArray(input));
  return {
    args: inputs.map(([name, at, tensor]) => tensorOf(name, at, tensor)),
    kwargs: Object.assign({}, ...inputs.map((input) => object(input[3]))),
  };
}

/** Names of the layers whose outputs a layer takes, but for those that it takes by name. */
function inputsOf(layer: Json): string[] {
  return callsOf(layer).flatMap((call) => tensorsIn(call.args).map(({ name }) => name));
}

function tensorOf(...history: unknown[]): Json {
  return { class_name: '__keras_tensor__', config: { keras_history: history } };
}

interface LayerTensor {
  readonly name: string;
  readonly call: number;
}

/** The layers' outputs that are among the arguments, nested lists included. */
function tensorsIn(value: unknown): LayerTensor[] {
  if (Array.isArray(value)) return value.flatMap(tensorsIn);
  const { class_name: className, config } = object(value);
  if (className !== '__keras_tensor__') return [];
  const history = object(config).keras_history;
  if (!Array.isArray(history)) return [];
  const [name, call] = history as unknown[];
  return [{ name: String(name), call: typeof call === 'number' ? call : 0 }];
}

/** `["layer", 0, 0]`, by which Keras 2 names a tensor among keywords. */
function isLegacyTensor(value: unknown): boolean {
  return Array.isArray(value) && value.length === 3 && typeof value[0] === 'string' && value[1] === 0;
}

/** Whether it is a model, that of the file or one inside of it. */
function isModel({ config }: Json): boolean {
  return Array.isArray(object(config).layers);
}

function nameOf(layer: Json): string {
  const { name } = object(layer.config);
  return typeof name === 'string' ? name : String(layer.name);
}

function object(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}
