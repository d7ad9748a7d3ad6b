import type { Coding } from '../../compression/coding.ts';
import type { ModelSpec } from '../checkpoint.ts';
import type { EmbeddingConfig, GraphBody, GraphNode } from '../graphBody.ts';

/** An embedding table of a model. */
export interface SpecTable {
  /** `embedding`, or that of its node. */
  readonly name: string;
  /** Before the names of its weights, which are `.../table`, or `.../A` and `.../B`. */
  readonly prefix: string;
  /** m */
  readonly rows: number;
  /** n */
  readonly dimension: number;
  /** k, where it is factorized. */
  readonly rank?: number;
  readonly coding?: Coding;
}

/** A place where a graph reads an embedding. */
export interface EmbeddingCall {
  /** `embedding`, or the node's. */
  readonly name: string;
  /** The table's. */
  readonly table: string;
  /** Place among the body's inputs. */
  readonly input: number;
  readonly maskZero: boolean;
}

/** The spec's embedding, and the further ones of a graph, in its nodes' order. */
export function tablesOf({ embedding, body }: Pick<ModelSpec, 'embedding' | 'body'>): SpecTable[] {
  return [{ name: 'embedding', prefix: 'embedding', ...embedding }, ...furtherTables(body)];
}

/** Those that are nodes of a graph. */
export function furtherTables(body: ModelSpec['body']): SpecTable[] {
  if (body.kind !== 'graph') return [];
  return body.nodes.filter(isTable).map(({ name, config }) => {
    const { input_dim: rows, output_dim: dimension, rank, coding } = config as unknown as EmbeddingConfig;
    return {
      name,
      prefix: `graph/${name}`,
      rows,
      dimension,
      ...(rank !== undefined && { rank }),
      ...(coding && { coding }),
    };
  });
}

/** Further tables that can be factorized with the first. */
export function wholeTables(body: ModelSpec['body']): SpecTable[] {
  return furtherTables(body).filter(({ rank, coding }) => rank === undefined && coding === undefined);
}

/** Name of the saved layer that holds a table; of a model of one, `embedding`. */
export function layerOfTable({ body }: Pick<ModelSpec, 'body'>, name: string): string {
  if (body.kind !== 'graph' || furtherTables(body).length === 0) return name;
  const { names } = body;
  return (name === 'embedding' ? names?.embedding : names?.layers?.[name]) ?? name;
}

/** Where a graph reads its embeddings, the spec's first. */
export function embeddingCalls({ input = 0, maskZero, nodes }: GraphBody): EmbeddingCall[] {
  const calls: EmbeddingCall[] = [{ name: 'embedding', table: 'embedding', input, maskZero }];
  const masks = new Map([['embedding', maskZero]]);
  for (const { className, name, config, weightsOf: table = name } of nodes) {
    if (className !== 'Embedding') continue;
    const { input: own = 0, mask_zero: mask = masks.get(table) ?? false } =
      config as Partial<EmbeddingConfig>;
    masks.set(name, mask);
    calls.push({ name, table, input: own, maskZero: mask });
  }
  return calls;
}

/**
 * The spec's tables with other ranks, and none of its coding; undefined takes a rank away.
 * @param ranks by the tables' names; tables that are not among them stay as they are
 */
export function withRanks<S extends Pick<ModelSpec, 'embedding' | 'body'>>(
  spec: S,
  ranks: ReadonlyMap<string, number | undefined>,
): S {
  const ranked = (table: object, rank: number | undefined): object => ({
    ...table,
    ...(rank !== undefined && { rank }),
  });
  const { rows, dimension } = spec.embedding;
  const embedding = ranks.has('embedding')
    ? ranked({ rows, dimension }, ranks.get('embedding'))
    : spec.embedding;
  const { body } = spec;
  if (body.kind !== 'graph') return { ...spec, embedding };
  const nodes = body.nodes.map((node) => {
    if (!isTable(node) || !ranks.has(node.name)) return node;
    const { rank: _, coding: __, ...config } = node.config;
    return { ...node, config: ranked(config, ranks.get(node.name)) };
  });
  return { ...spec, embedding, body: { ...body, nodes } };
}

/** The spec with a table in a coding. @param name the table's */
export function withCoding<S extends Pick<ModelSpec, 'embedding' | 'body'>>(
  spec: S,
  name: string,
  coding: Coding,
): S {
  const { body, embedding } = spec;
  if (name === 'embedding') return { ...spec, embedding: { ...embedding, coding } };
  if (body.kind !== 'graph') throw new Error(`The model has no table '${name}'.`);
  const nodes = body.nodes.map((node) =>
    isTable(node) && node.name === name ? { ...node, config: { ...node.config, coding } } : node,
  );
  return { ...spec, body: { ...body, nodes } };
}

/** The spec with its tables whole. */
export function unfactorized<S extends Pick<ModelSpec, 'embedding' | 'body'>>(spec: S): S {
  return withRanks(spec, new Map(tablesOf(spec).map(({ name }) => [name, undefined])));
}

function isTable({ className, weightsOf }: GraphNode): boolean {
  return className === 'Embedding' && weightsOf === undefined;
}

/**
 * Tokens of each input of a sentence that has `length` of them in all.
 * @throws Error where they do not fit (a bug: what encodes sentences knows the inputs)
 */
export function inputLengths({ inputs }: Pick<GraphBody, 'inputs'>, length: number): number[] {
  if (inputs === undefined) return [length];
  const free = inputs.filter((input) => input.length === undefined).length;
  const fixed = inputs.reduce((sum, input) => sum + (input.length ?? 0), 0);
  const each = free === 0 ? 0 : (length - fixed) / free;
  if (each < 0 || (free === 0 && length !== fixed)) {
    throw new Error(`${length} tokens do not fit in inputs of ${fixed} and ${free} of any length.`);
  }
  return inputs.map((input) => input.length ?? each);
}
