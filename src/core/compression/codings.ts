import type { Coding, CodingScheme } from './coding.ts';
import { codes } from './codings/codes.ts';
import { deepCompression } from './codings/deepCompression.ts';
import { fixedPoint } from './codings/fixedPoint.ts';
import { frequentRows } from './codings/frequentRows.ts';
import { productQuantization } from './codings/productQuantization.ts';
import { sparse } from './codings/sparse.ts';

const schemes: { readonly [Kind in Coding['kind']]: CodingScheme<Extract<Coding, { readonly kind: Kind }>> } =
  {
    'fixed-point': fixedPoint,
    'product-quantization': productQuantization,
    codes,
    sparse,
    'deep-compression': deepCompression,
    'frequent-rows': frequentRows,
  };

/**
 * A coding from a file's JSON, checked field by field.
 * @param fault makes the error for a field
 */
export function checkCoding(value: unknown, fault: (field: string) => Error): Coding {
  const found = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const kind = Object.keys(schemes).find((name): name is Coding['kind'] => name === found.kind);
  if (kind === undefined) throw fault('embedding.coding.kind');
  return schemes[kind].check(found, (field) => fault(`embedding.coding.${field}`));
}

/** The scheme that a coding names. */
export function schemeOf<C extends Coding>({ kind }: C): CodingScheme<C> {
  return schemes[kind] as unknown as CodingScheme<C>;
}
