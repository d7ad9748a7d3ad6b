import { UserError } from '../../errors.ts';
import { textVectorization } from '../../text/textVectorization.ts';
import type { TokenizerWords } from '../../text/tokenizerFile.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { unsupported } from '../layers.ts';
import type { Topology } from '../tfjsTopology.ts';

type Json = Readonly<Record<string, unknown>>;

const className = 'TextVectorization';

/** A TextVectorization of Keras, with which a model reads text by itself; the words are the checkpoint's vocabulary. */
export interface TextLayer {
  /** As Keras gives it, without the words. */
  readonly config: Json;
  /** Whether the words stand in the config; else they lie beside it, in the archive's assets. */
  readonly wordsInConfig: boolean;
  /** Of the model's input: a text each, or a list of one text each. */
  readonly inputShape: readonly [null] | readonly [null, 1];
}

/** Whether a value read from JSON is one. */
export function isTextLayer(value: unknown): value is TextLayer {
  const { config, wordsInConfig, inputShape } = object(value);
  return (
    typeof config === 'object' &&
    config !== null &&
    !Array.isArray(config) &&
    typeof wordsInConfig === 'boolean' &&
    ['[null]', '[null,1]'].includes(JSON.stringify(inputShape))
  );
}

/** What a model says of its text: the layer, and what it does. */
export interface OwnTokenizer extends TokenizerWords {
  readonly layer: TextLayer;
}

/**
 * Takes the TextVectorization off a model that begins with one, which begins with rows of the table then.
 *
 * @param topology as `kerasTopology` gives it
 * @param listed the words in the archive's assets, one a line; undefined where there are none
 * @throws UserError `unsupported-layer` for several of them and for one that does not read the model's input,
 * `unsupported-tokenizer` as `textVectorization` does, `no-vocabulary`, `invalid-vocabulary`
 */
export function takeTextLayer(
  topology: Json,
  listed: string | undefined,
  file: string,
): { readonly topology: Json; readonly tokenizer?: OwnTokenizer } {
  const config = object(topology.config);
  const layers = Array.isArray(config.layers) ? config.layers.map(object) : [];
  const [layer, another] = layers.filter((one) => one.class_name === className);
  if (layer === undefined) return { topology };
  const name = nameOf(layer);
  const fail = (why: string): UserError => unsupported({ className, name }, why, file);
  if (another !== undefined) throw fail('a model has one of them at most');
  const input = inputOf(layer, layers, topology.class_name === 'Sequential');
  if (input === 'other') throw fail('it does not come right after the input');

  const own = object(layer.config);
  const shape = object(input?.config).batch_input_shape ?? own.batch_input_shape ?? [null];
  const inputShape = JSON.stringify(shape) === '[null,1]' ? ([null, 1] as const) : ([null] as const);
  if (JSON.stringify(shape) !== JSON.stringify(inputShape)) {
    throw fail(`its input is ${JSON.stringify(shape)}, where one text a sentence is expected`);
  }
  const { vocabulary, ...rest } = own;
  const tokenizer = textVectorization(rest, wordsOf(vocabulary, listed, name, file), { file, item: name });
  checkWords(tokenizer.words, name, file);
  const rows = { batch_input_shape: [null, tokenizer.text.maxLength ?? null], dtype: 'int32' };
  const kept = layers
    .filter((one) => one !== layer)
    .map((one) => {
      if (one === input) return { ...one, config: { ...object(one.config), ...rows } };
      return input === undefined
        ? one
        : { ...one, inbound_nodes: renamed(one.inbound_nodes, name, nameOf(input)) };
    });
  return {
    topology: { ...topology, config: { ...config, layers: kept } },
    tokenizer: {
      ...tokenizer,
      layer: { config: rest, wordsInConfig: Array.isArray(vocabulary), inputShape },
    },
  };
}

/** What feeds the layer: an input, nothing where a Sequential begins with it, or another layer. */
function inputOf(layer: Json, layers: readonly Json[], isSequential: boolean): Json | undefined | 'other' {
  const at = layers.indexOf(layer);
  if (isSequential && at === 0) return undefined;
  const nodes = layer.inbound_nodes;
  const names = Array.isArray(nodes)
    ? nodes.flat(1).map((input: unknown) => String(Array.isArray(input) ? input[0] : input))
    : [];
  const input = isSequential ? layers[at - 1] : layers.find((one) => nameOf(one) === names[0]);
  const isInput = input?.class_name === 'InputLayer' && (isSequential ? at === 1 : names.length === 1);
  return isInput ? input : 'other';
}

function wordsOf(vocabulary: unknown, listed: string | undefined, name: string, file: string): string[] {
  if (Array.isArray(vocabulary) && vocabulary.every((word) => typeof word === 'string')) return vocabulary;
  if ((vocabulary ?? undefined) === undefined && listed !== undefined) return listed.split('\n');
  throw new UserError(
    'no-vocabulary',
    `The file does not hold the words of the layer '${name}' (${className}).`,
    "Save the model with model.save('model.keras'), which holds them.",
    { file, item: name },
  );
}

function checkWords(words: readonly string[], name: string, file: string): void {
  const seen = new Set<string>();
  const wrong = words.find((word, row) => (word === '' && row > 0) || seen.size === seen.add(word).size);
  if (wrong === undefined) return;
  throw new UserError(
    'invalid-vocabulary',
    `The words of the layer '${name}' (${className}) have '${wrong}' twice, or one that is empty.`,
    'Save the model again.',
    { file, item: name },
  );
}

/** What stands for the rows of a table that no word has. */
function placeholder(row: number): string {
  return `<row ${row}>`;
}

/** A word for each row; a table may have more rows than there are words. */
export function wordsOfRows(words: readonly string[], rows: number): readonly string[] {
  if (words.length >= rows) return words;
  return [...words, ...Array.from({ length: rows - words.length }, (_, i) => placeholder(words.length + i))];
}

/** The words of a checkpoint's rows as its text layer has them. Undefined where the text settings are other ones by now. */
export function wordsOfLayer({
  vocabulary,
  text,
  textLayer,
}: TextOfCheckpoint): readonly string[] | undefined {
  if (textLayer === undefined || vocabulary === undefined || text === undefined) return undefined;
  let count = vocabulary.length;
  while (count > 0 && vocabulary[count - 1] === placeholder(count - 1)) count--;
  const words = vocabulary.slice(0, count);
  const { text: does, words: named } = textVectorization(textLayer.config, words, { file: '' });
  const isSame = Object.entries(does).every(([field, value]) => text[field as keyof typeof text] === value);
  const most = textLayer.config.max_tokens;
  const fits = named.length === words.length && !(typeof most === 'number' && most < words.length);
  return isSame && fits ? words : undefined;
}

type TextOfCheckpoint = Pick<Checkpoint, 'vocabulary' | 'text' | 'textLayer'>;

/**
 * Puts the layer in front of the layers that read rows of the table.
 * @param words in its config; undefined where they lie beside it
 */
export function withTextLayer(
  topology: Topology,
  { config, inputShape }: TextLayer,
  words: readonly string[] | undefined,
): Topology {
  const { inputs, layers } = topology;
  const [input = ''] = inputs;
  const taken = new Set(layers.map(({ name }) => name));
  let name = nameOf({ config });
  while (taken.has(name)) name = `${name}_text`;
  // Keras 3 has no shape here, and Keras 2 no policies.
  const { batch_input_shape: _, ...rest } = config;
  const layer = {
    class_name: className,
    name,
    config: { ...rest, name, dtype: 'string', vocabulary: words?.slice(2) ?? null },
    inbound_nodes: [[[input, 0, 0, {}]]],
  };
  return {
    ...topology,
    layers: layers.flatMap((one): Json[] =>
      one.name === input
        ? [
            { ...one, config: { ...object(one.config), batch_input_shape: inputShape, dtype: 'string' } },
            layer,
          ]
        : [{ ...one, inbound_nodes: renamed(one.inbound_nodes, input, name) }],
    ),
  };
}

/** Where an archive has the words of its only TextVectorization; Keras writes both, and reads the first. */
export const wordsEntries = [
  'assets/layers/text_vectorization/vocabulary.txt',
  'assets/layers/text_vectorization/_lookup_layer/vocabulary.txt',
] as const;

/** `[[["layer", 0, 0, {}], ...], ...]` with another name for one of the layers. */
function renamed(nodes: unknown, from: string, to: string): unknown {
  if (!Array.isArray(nodes)) return nodes;
  return nodes.map((call: unknown) =>
    Array.isArray(call)
      ? call.map((input: unknown) =>
          Array.isArray(input) && input[0] === from ? [to, ...(input as unknown[]).slice(1)] : input,
        )
      : call,
  );
}

function nameOf(layer: Json): string {
  const { name } = object(layer.config);
  return typeof name === 'string' ? name : String(layer.name);
}

function object(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}
