import { UserError } from '../errors.ts';

/** A layer of a saved model. */
export interface Layer {
  readonly className: string;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Names of the layers that feed it. */
  readonly inputs: readonly string[];
  /** How often the model calls it; more than once for a shared layer. */
  readonly calls: number;
}

/**
 * The layers of a saved model's topology, Sequential or functional, as tfjs and Keras 2 write it. A Sequential's layers
 * feed one another.
 *
 * @throws UserError `no-topology`
 */
export function layersOf(topology: unknown, file: string): Layer[] {
  const root = (topology ?? {}) as Record<string, unknown>;
  const model = (root.model_config ?? root) as { class_name?: unknown; config?: unknown };
  const config = model.config as { layers?: unknown } | unknown[] | null | undefined;
  const raw = Array.isArray(config) ? config : config?.layers;
  if (!Array.isArray(raw)) {
    throw new UserError(
      'no-topology',
      'The model has no layers in its topology.',
      'Export it as a Sequential or functional model.',
      { file },
    );
  }
  const layers = raw.map((value: unknown): Layer => {
    const layer = (value ?? {}) as Record<string, unknown>;
    const settings = (layer.config ?? {}) as Record<string, unknown>;
    const nodes = Array.isArray(layer.inbound_nodes) ? (layer.inbound_nodes as unknown[]) : [];
    return {
      className: String(layer.class_name),
      name: typeof settings.name === 'string' ? settings.name : String(layer.name),
      config: settings,
      inputs: inputsOf(nodes[0]),
      calls: Math.max(1, nodes.length),
    };
  });
  if (model.class_name !== 'Sequential') return layers;
  return layers.map((layer, i) => ({ ...layer, inputs: i === 0 ? [] : [layers[i - 1]!.name] }));
}

/** `[["name", 0, 0, {}], ...]`, one entry for each input of a call. */
function inputsOf(call: unknown): string[] {
  return Array.isArray(call)
    ? call.map((input: unknown) => String(Array.isArray(input) ? input[0] : input))
    : [];
}

const supported =
  'Embedding, an optional Dense without bias and activation, GlobalAveragePooling1D, LSTM, GRU, Bidirectional LSTM or convolutions with GlobalMaxPooling1D, Dropout, Dense with ReLU, and a Dense head';

export function unsupported({ className, name }: Layer, why: string, file: string): UserError {
  return new UserError(
    'unsupported-layer',
    `The layer '${name}' (${className}) is not supported: ${why}.`,
    `Supported are chains of ${supported}.`,
    { file, item: name },
  );
}

/** A model that ends before its classifying layer. */
export function noHead(file: string): UserError {
  return new UserError(
    'no-head',
    'The model ends before its classifying layer.',
    `Supported are chains of ${supported}.`,
    { file },
  );
}
