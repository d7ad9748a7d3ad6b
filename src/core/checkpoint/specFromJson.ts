import { factorCoding, type Coding, type PartLayout } from '../compression/coding.ts';
import { checkCoding, schemeOf } from '../compression/codings.ts';
import { UserError } from '../errors.ts';
import type { Body, ModelSpec } from './checkpoint.ts';
import { checkGraph } from './graph/checkGraph.ts';
import { describeGraph, graphWidth, isPaddingMasked } from './graph/describeGraph.ts';
import { furtherTables, tablesOf, type SpecTable } from './graph/tables.ts';

/** Sizes beyond this are no model's, and would overflow in products. */
const maxSize = 2 ** 31;

/** A few bytes of a code may stand for many values, so that a file's size does not bound what is decoded from it. */
const maxCodedValues = 2 ** 30;
const maxCodedColumns = 2 ** 24;

/**
 * A ModelSpec from a file's JSON, checked field by field.
 * @throws UserError `model-description` that names the field.
 */
export function checkSpec(value: unknown, file: string): ModelSpec {
  const at = (field: string): UserError =>
    new UserError(
      'model-description',
      `The model's description has no proper '${field}'.`,
      'Export the model anew.',
      {
        file,
        item: field,
      },
    );
  const object = (from: unknown, field: string): Record<string, unknown> => {
    if (typeof from !== 'object' || from === null) throw at(field);
    return from as Record<string, unknown>;
  };
  const size = (from: unknown, field: string): number => {
    if (typeof from !== 'number' || !Number.isInteger(from) || from < 1 || from > maxSize) throw at(field);
    return from;
  };
  const oneOf = <T extends string>(from: unknown, choices: readonly T[], field: string): T => {
    const found = choices.find((choice) => choice === from);
    if (found === undefined) throw at(field);
    return found;
  };
  const flag = (from: unknown, field: string): boolean => {
    if (typeof from !== 'boolean') throw at(field);
    return from;
  };

  const spec = object(value, 'spec');
  const embedding = object(spec.embedding, 'embedding');
  const rawBody = object(spec.body, 'body');
  if (!Array.isArray(rawBody.hidden)) throw at('body.hidden');
  const hidden = rawBody.hidden.map((units) => size(units, 'body.hidden'));
  const kind = oneOf(rawBody.kind, ['dan', 'lstm', 'bilstm', 'gru', 'cnn', 'graph'], 'body.kind');
  const bodyOf = (): Body => {
    if (kind === 'dan') return { kind, hidden };
    if (kind === 'graph') return checkGraph(rawBody, dimension, at, file);
    if (kind === 'cnn') {
      const { widths } = rawBody;
      if (!Array.isArray(widths) || widths.length === 0) throw at('body.widths');
      const sizes = widths.map((width) => size(width, 'body.widths'));
      if (new Set(sizes).size < sizes.length) throw at('body.widths');
      return { kind, hidden, widths: sizes, filters: size(rawBody.filters, 'body.filters') };
    }
    const units = size(rawBody.units, 'body.units');
    const pooling = oneOf(rawBody.pooling, ['mean', 'last'], 'body.pooling');
    return kind === 'lstm'
      ? { kind, hidden, units, pooling, peepholes: flag(rawBody.peepholes, 'body.peepholes') }
      : { kind, hidden, units, pooling };
  };
  const head = oneOf(spec.head, ['softmax', 'sigmoid', 'logits', 'multi-label'], 'head');
  const classes = size(spec.classes, 'classes');
  if (head === 'sigmoid' && classes !== 2) throw at('classes');
  const logit = spec.logit !== undefined && flag(spec.logit, 'logit');
  if (logit && head !== 'sigmoid') throw at('logit');
  const biasFree = spec.biasFree !== undefined && flag(spec.biasFree, 'biasFree');
  const rows = size(embedding.rows, 'embedding.rows');
  const dimension = size(embedding.dimension, 'embedding.dimension');
  const rank = embedding.rank === undefined ? undefined : size(embedding.rank, 'embedding.rank');
  const coding = embedding.coding === undefined ? undefined : checkCoding(embedding.coding, at);
  const columns = rank ?? dimension;
  if (!isCodable(coding, rows, columns, dimension)) throw at('embedding.rows');
  const masked = flag(spec.masked, 'masked');
  const body = bodyOf();
  if (body.kind === 'graph' && masked && !isPaddingMasked(body, dimension)) throw at('masked');
  for (const { name, rows: m, dimension: n, rank: k, coding: how } of furtherTables(body)) {
    if (m > maxSize || n > maxSize || !isCodable(how, m, k ?? n, n)) throw at(`body.${name}`);
  }
  return {
    embedding: { rows, dimension, ...(rank !== undefined && { rank }), ...(coding && { coding }) },
    body,
    head,
    ...(logit && { logit }),
    ...(biasFree && { biasFree }),
    classes,
    masked,
  };
}

/** Whether a table, or A, of so many rows and columns is small enough for its coding. @param n of the table */
function isCodable(coding: Coding | undefined, rows: number, columns: number, n: number): boolean {
  return (
    coding === undefined || (rows * columns <= maxCodedValues && Math.max(columns, n) <= maxCodedColumns)
  );
}

/** A matrix of a table: the table itself, or one of its factors. */
interface TableMatrix {
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  readonly coding: Coding | undefined;
}

function matricesOf({ prefix, rows, dimension, rank, coding }: SpecTable): TableMatrix[] {
  if (rank === undefined) return [{ name: `${prefix}/table`, rows, columns: dimension, coding }];
  return [
    { name: `${prefix}/A`, rows, columns: rank, coding },
    { name: `${prefix}/B`, rows: rank, columns: dimension, coding: factorCoding(coding) },
  ];
}

/** The matrices of a model that are coded. */
export function codedMatrices(spec: ModelSpec): (TableMatrix & { readonly coding: Coding })[] {
  return tablesOf(spec)
    .flatMap(matricesOf)
    .flatMap(({ coding, ...matrix }) => (coding === undefined ? [] : [{ ...matrix, coding }]));
}

/** How a file holds each weight that a model of that spec has, by our names. */
export function weightLayouts(spec: ModelSpec): Map<string, PartLayout> {
  const layouts = new Map(
    [...weightShapes(spec)].map(([name, shape]): [string, PartLayout] => [name, { shape, bits: 32 }]),
  );
  for (const { name, rows, columns, coding } of codedMatrices(spec)) {
    for (const [part, layout] of schemeOf(coding).layout(rows, columns, coding)) {
      layouts.set(`${name}/${part}`, layout);
    }
  }
  return layouts;
}

/** The shape of each weight that a model of that spec has, by our names; -1 for a size that is the content's. */
export function weightShapes(spec: ModelSpec): Map<string, readonly number[]> {
  const { embedding, body, head, biasFree, classes } = spec;
  const { dimension } = embedding;
  const shapes = new Map<string, readonly number[]>();
  const [first, ...further] = tablesOf(spec).map(matricesOf);
  const add = ({ name, rows, columns, coding }: TableMatrix): void => {
    if (coding === undefined) shapes.set(name, [rows, columns]);
    else
      for (const [part, { shape }] of schemeOf(coding).layout(rows, columns, coding))
        shapes.set(`${name}/${part}`, shape);
  };
  first?.forEach(add);
  const others = new Map(further.flat().map((matrix) => [matrix.name, matrix]));
  for (const [name, shape] of encoderShapes(body, dimension)) {
    const matrix = others.get(name);
    if (matrix === undefined) shapes.set(name, shape);
    else add(matrix);
  }
  let width = encoderWidth(body, dimension);
  const layers = body.hidden.map((units, i): [string, number] => [`hidden_${i}`, units]);
  for (const [name, units] of [...layers, ['head', head === 'sigmoid' ? 1 : classes] as const]) {
    shapes.set(`${name}/kernel`, [width, units]);
    if (name !== 'head' || !biasFree) shapes.set(`${name}/bias`, [units]);
    width = units;
  }
  return shapes;
}

/** Of what lies between the embedding and the dense layers. */
function encoderShapes(body: Body, dimension: number): [string, readonly number[]][] {
  const recurrent = (name: string, units: number, gates: number): [string, readonly number[]][] => [
    [`${name}/kernel`, [dimension, gates * units]],
    [`${name}/recurrent_kernel`, [units, gates * units]],
  ];
  const lstm = (name: string, units: number): [string, readonly number[]][] => [
    ...recurrent(name, units, 4),
    [`${name}/bias`, [4 * units]],
  ];
  switch (body.kind) {
    case 'dan':
      return [];
    case 'lstm':
      return [
        ...lstm('lstm', body.units),
        ...(body.peepholes ? [['lstm/peephole', [3, body.units]] as [string, number[]]] : []),
      ];
    case 'bilstm':
      return [...lstm('bilstm/forward', body.units), ...lstm('bilstm/backward', body.units)];
    case 'gru':
      return [...recurrent('gru', body.units, 3), ['gru/bias', [2, 3 * body.units]]];
    case 'cnn':
      return body.widths.flatMap((width): [string, readonly number[]][] => [
        [`conv_${width}/kernel`, [width, dimension, body.filters]],
        [`conv_${width}/bias`, [body.filters]],
      ]);
    case 'graph':
      return [...describeGraph(body, dimension)].flatMap(([name, { weights }]) =>
        weights.map(([weight, shape]): [string, readonly number[]] => [`graph/${name}/${weight}`, shape]),
      );
  }
}

/** Features of a sentence, which the first dense layer takes. */
export function encoderWidth(body: Body, dimension: number): number {
  switch (body.kind) {
    case 'dan':
      return dimension;
    case 'lstm':
    case 'gru':
      return body.units;
    case 'bilstm':
      return 2 * body.units;
    case 'cnn':
      return body.widths.length * body.filters;
    case 'graph':
      return graphWidth(body, dimension);
  }
}
