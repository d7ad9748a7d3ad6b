import type { Tensor } from './checkpoint.ts';

/** The tensors whose names begin with `name/`, by the rest of their names. */
export function tensorsBelow(tensors: ReadonlyMap<string, Tensor>, name: string): Map<string, Tensor> {
  const prefix = `${name}/`;
  return new Map(
    [...tensors]
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, tensor]) => [key.slice(prefix.length), tensor]),
  );
}
