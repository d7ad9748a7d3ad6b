import { UserError } from '../../errors.ts';
import type { Hdf5File } from '../keras/hdf5.ts';
import { archiveGroups, attributeList, modelWeights } from '../keras/kerasWeights.ts';
import { insertFactors, type InsertedFactor, type SavedEmbedding } from './insertFactors.ts';
import { layerOrder } from './layerOrder.ts';
import { modelsIn, nameOf, object, type SavedModel } from './savedTopology.ts';

/** Where the objects of a weights file go in its copy. */
export interface CopyPlan {
  /** Undefined for what is left out: the state of training, and lists that are written anew. */
  readonly placeOf: (object: string) => string | undefined;
  /** The array of an embedding's table; in the copy it is A. */
  readonly tableOf: (embedding: SavedEmbedding, inCopy?: boolean) => string;
  /** The array of B. */
  readonly factorOf: (factor: InsertedFactor) => string;
  /** Names of the layers, in the order of the copy. */
  readonly layerNames: readonly string[];
  /** Lists of weights of layers that were not there before, by their groups. */
  readonly newLists: ReadonlyMap<string, readonly string[]>;
  /** Whether the file has a state of training. */
  readonly hasTraining: boolean;
}

/**
 * A `model.weights.h5` of a `.keras` file: its groups are named by the layers' classes and counted in the layers' order,
 * which the new layers change.
 */
export function archivePlan(topology: unknown, factors: readonly InsertedFactor[], file: string): CopyPlan {
  const before = groupsOf(topology, file);
  const after = groupsOf(insertFactors(topology, factors, file), file);
  for (const model of modelsIn(topology, file)) checkOrder(keptOrder(model), model.layers.map(nameOf), file);
  const moves = [...before].map(([layer, group]) => [group, after.get(layer)!] as const);
  return {
    placeOf(object) {
      if (/^\/(optimizer|metrics)(\/|$)/.test(object)) return undefined;
      // A group inside another comes with it, and has its own place there: the longest name counts.
      const move = moves
        .filter(([group]) => object === group || object.startsWith(`${group}/`))
        .reduce<readonly [string, string] | undefined>(
          (best, one) => (best === undefined || one[0].length > best[0].length ? one : best),
          undefined,
        );
      return move === undefined ? object : move[1] + object.slice(move[0].length);
    },
    tableOf: ({ name, path }, inCopy = false) =>
      `${(inCopy ? after : before).get([...path, name].join('/'))}/vars/0`,
    factorOf: ({ factor, path }) => `${after.get([...path, factor].join('/'))}/vars/0`,
    layerNames: [],
    newLists: new Map(),
    hasTraining: Object.keys(object(object(topology).compile_config)).length > 0,
  };
}

/** The group of each layer, by the names of the layers that it is inside of, and its own. */
function groupsOf(topology: unknown, file: string): Map<string, string> {
  const groups = new Map<string, string>();
  for (const model of modelsIn(topology, file)) {
    const folder = model.path.length === 0 ? '' : groups.get(model.path.join('/'))!;
    const nextGroup = archiveGroups(folder);
    const classes = new Map(model.layers.map((layer) => [nameOf(layer), String(layer.class_name)]));
    for (const name of keptOrder(model))
      groups.set([...model.path, name].join('/'), nextGroup(classes.get(name) ?? ''));
  }
  return groups;
}

/** The layers in Keras's order, without the operations on masks, which are none. */
function keptOrder(model: SavedModel): string[] {
  const operations = new Set(
    model.layers.filter(({ module }) => String(module).includes('.ops.')).map(nameOf),
  );
  return layerOrder(model).filter((name) => !operations.has(name));
}

/**
 * Keras writes layers in its order, by which it gives them their weights when it reads them again: that of the file must
 * be the one that is found here.
 *
 * @throws UserError `layer-order`
 */
function checkOrder(found: readonly string[], saved: readonly string[], file: string): void {
  const known = new Set(found);
  const kept = saved.filter((name) => known.has(name));
  const own = new Set(kept);
  const at = found.filter((name) => own.has(name)).findIndex((name, i) => name !== kept[i]);
  if (at < 0) return;
  throw new UserError(
    'layer-order',
    `The layer '${kept[at]}' stands where Keras would not put it, so its weights might go to another one.`,
    'Load the model in Keras, and save it again.',
    { file, item: kept[at]! },
  );
}

/**
 * The `model_weights` of an `.h5` file: groups have the layers' names, and are read in the order of a list.
 * @throws UserError `embedding-inside` for an embedding of a model inside the model
 */
export async function listedPlan(
  hdf5: Hdf5File,
  topology: unknown,
  factors: readonly InsertedFactor[],
  file: string,
): Promise<CopyPlan> {
  const tables = new Map<string, string>();
  const [model] = modelsIn(insertFactors(topology, factors, file), file);
  for (const layer of model!.layers) {
    if (layer.class_name !== 'Embedding') continue;
    const group = `${modelWeights}/${nameOf(layer)}`;
    const [weight] = await attributeList(hdf5, group, 'weight_names');
    tables.set(nameOf(layer), `${group}/${weight}`);
  }
  const listed = await attributeList(hdf5, modelWeights, 'layer_names');
  const [original] = modelsIn(topology, file);
  checkOrder(keptOrder(original!), listed, file);
  const order = keptOrder(model!);
  const places = new Map(order.map((name, i) => [name, i]));
  const suffix = [...tables.values()].some((table) => table.endsWith(':0')) ? ':0' : '';
  const weightOf = ({ factor }: InsertedFactor): string => `${factor}/kernel${suffix}`;
  return {
    placeOf: (object) => (/^\/optimizer_weights(\/|$)/.test(object) ? undefined : object),
    tableOf({ name, path }) {
      const table = tables.get(name);
      if (path.length === 0 && table !== undefined) return table;
      throw new UserError(
        'embedding-inside',
        `The embedding '${name}' is inside the layer '${path.at(-1) ?? name}', which an .h5 file does not let apart.`,
        "Save the model as .keras, with model.save('model.keras').",
        { file, item: name },
      );
    },
    factorOf: (factor) => `${modelWeights}/${factor.factor}/${weightOf(factor)}`,
    layerNames: [...listed, ...factors.map(({ factor }) => factor)].sort(
      (a, b) => (places.get(a) ?? order.length) - (places.get(b) ?? order.length),
    ),
    newLists: new Map(factors.map((factor) => [`${modelWeights}/${factor.factor}`, [weightOf(factor)]])),
    hasTraining: await hdf5.hasGroup('/optimizer_weights'),
  };
}
