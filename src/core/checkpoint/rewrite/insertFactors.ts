import { UserError } from '../../errors.ts';
import { callsOf, modelsIn, nameOf, object, tensorsIn, type Json, type SavedModel } from './savedTopology.ts';

/** An embedding layer of a saved model. */
export interface SavedEmbedding {
  readonly name: string;
  /** Names of the layers that its model is inside of, the outermost first. */
  readonly path: readonly string[];
  /** m */
  readonly rows: number;
  /** n */
  readonly dimension: number;
}

/** An embedding that becomes a narrow one, and the layer behind it. */
export interface InsertedFactor extends SavedEmbedding {
  /** Name of the Dense layer without bias and activation that is B. */
  readonly factor: string;
  /** k */
  readonly rank: number;
}

/**
 * The embeddings of a topology, those of models inside it, too.
 * @throws UserError `no-embedding`, `embedding-name` where two have one name, `unsupported-layer` for one without sizes
 */
export function embeddingsIn(topology: unknown, file: string): SavedEmbedding[] {
  const found = modelsIn(topology, file).flatMap(({ layers, path }) =>
    layers
      .filter((layer) => object(layer).class_name === 'Embedding')
      .map((layer) => {
        const name = nameOf(layer);
        const { input_dim: rows, output_dim: dimension } = object(layer.config);
        if (isSize(rows) && isSize(dimension)) return { name, path, rows, dimension };
        throw new UserError(
          'unsupported-layer',
          `The layer '${name}' (Embedding) is ${JSON.stringify(rows)} x ${JSON.stringify(dimension)}, where sizes are expected.`,
          'Save the model again.',
          { file, item: name },
        );
      }),
  );
  if (found.length === 0) {
    throw new UserError(
      'no-embedding',
      'The model has no embedding layer, so there is no table to compress.',
      'Choose a text classifier whose first layer is an Embedding.',
      { file },
    );
  }
  const twice = found.find(({ name }, i) => found.findIndex((other) => other.name === name) < i);
  if (twice === undefined) return found;
  throw new UserError(
    'embedding-name',
    `Two embeddings are called '${twice.name}'.`,
    'Give each of them a name of its own, and save the model again.',
    { file, item: twice.name },
  );
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}

/** A name for the factor's layer, which no layer of the topology has. */
export function factorName(topology: unknown, embedding: string, file: string): string {
  const taken = new Set(modelsIn(topology, file).flatMap(({ layers }) => layers.map(nameOf)));
  let name = `${embedding}_factor`;
  for (let i = 1; taken.has(name); i++) name = `${embedding}_factor_${i}`;
  return name;
}

/**
 * A copy of a topology in which embeddings are narrow and a Dense layer without bias and activation follows each call of
 * them, so that one that is shared stays shared. All else is as it was.
 */
export function insertFactors(topology: unknown, factors: readonly InsertedFactor[], file: string): Json {
  const copy = structuredClone(object(topology));
  for (const model of modelsIn(copy, file)) {
    for (const factor of factors) {
      const at = model.layers.findIndex(
        (layer) => object(layer).class_name === 'Embedding' && nameOf(layer) === factor.name,
      );
      if (at >= 0) insertFactor(model, at, factor);
    }
  }
  return copy;
}

function insertFactor(
  { layers, isSequential, config }: SavedModel,
  at: number,
  factor: InsertedFactor,
): void {
  const embedding = layers[at]!;
  if (!isSequential) {
    for (const { layer, rename } of tensorsIn([layers.map(callsOf), config.output_layers])) {
      if (layer === factor.name) rename(factor.factor);
    }
  }
  const own = object(embedding.config);
  own.output_dim = factor.rank;
  layers.splice(at + 1, 0, {
    ...pick(embedding, ['module', 'registered_name']),
    class_name: 'Dense',
    config: {
      name: factor.factor,
      trainable: own.trainable ?? true,
      ...pick(own, ['dtype']),
      units: factor.dimension,
      activation: 'linear',
      use_bias: false,
    },
    ...(!isSequential && {
      name: factor.factor,
      inbound_nodes: callsOf(embedding).map((call, i) => callOn(factor, i, call)),
    }),
  });
}

/** A call with the output of the embedding's own, in the form that this has. */
function callOn({ name, rank }: InsertedFactor, index: number, call: unknown): unknown {
  if (Array.isArray(call)) return [[name, index, 0, {}]];
  const [input] = [object(call).args].flat().map(object);
  const shape = object(input?.config).shape;
  const tensor = {
    class_name: '__keras_tensor__',
    config: {
      ...(Array.isArray(shape) && { shape: [...(shape as unknown[]), rank] }),
      dtype: 'float32',
      keras_history: [name, index, 0],
    },
  };
  return { args: [tensor], kwargs: {} };
}

function pick(from: Json, fields: readonly string[]): Json {
  return Object.fromEntries(
    fields.filter((field) => from[field] !== undefined).map((field) => [field, from[field]]),
  );
}
