import { UserError } from '../errors.ts';
import type { Body, ModelSpec } from './checkpoint.ts';

/** Sizes beyond this are no model's, and would overflow in products. */
const maxSize = 2 ** 31;

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
  const kind = oneOf(rawBody.kind, ['dan', 'lstm'], 'body.kind');
  const body: Body =
    kind === 'dan'
      ? { kind, hidden }
      : {
          kind,
          hidden,
          units: size(rawBody.units, 'body.units'),
          pooling: oneOf(rawBody.pooling, ['mean', 'last'], 'body.pooling'),
          peepholes: flag(rawBody.peepholes, 'body.peepholes'),
        };
  const head = oneOf(spec.head, ['softmax', 'sigmoid', 'logits'], 'head');
  const classes = size(spec.classes, 'classes');
  if (head === 'sigmoid' && classes !== 2) throw at('classes');
  return {
    embedding: {
      rows: size(embedding.rows, 'embedding.rows'),
      dimension: size(embedding.dimension, 'embedding.dimension'),
      ...(embedding.rank !== undefined && { rank: size(embedding.rank, 'embedding.rank') }),
    },
    body,
    head,
    classes,
    masked: flag(spec.masked, 'masked'),
  };
}

/** The shape of each weight that a model of that spec has, by our names. */
export function weightShapes(spec: ModelSpec): Map<string, readonly number[]> {
  const { embedding, body, head, classes } = spec;
  const { rows, dimension, rank } = embedding;
  const shapes = new Map<string, readonly number[]>();
  if (rank === undefined) {
    shapes.set('embedding/table', [rows, dimension]);
  } else {
    shapes.set('embedding/A', [rows, rank]);
    shapes.set('embedding/B', [rank, dimension]);
  }
  let width = dimension;
  if (body.kind === 'lstm') {
    shapes.set('lstm/kernel', [dimension, 4 * body.units]);
    shapes.set('lstm/recurrent_kernel', [body.units, 4 * body.units]);
    shapes.set('lstm/bias', [4 * body.units]);
    if (body.peepholes) shapes.set('lstm/peephole', [3, body.units]);
    width = body.units;
  }
  const layers = body.hidden.map((units, i): [string, number] => [`hidden_${i}`, units]);
  for (const [name, units] of [...layers, ['head', head === 'sigmoid' ? 1 : classes] as const]) {
    shapes.set(`${name}/kernel`, [width, units]);
    shapes.set(`${name}/bias`, [units]);
    width = units;
  }
  return shapes;
}
