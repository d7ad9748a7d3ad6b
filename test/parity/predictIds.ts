import type { Checkpoint } from '../../src/core/checkpoint/checkpoint.ts';
import type { Engine } from '../../src/core/engine/engine.ts';
import { Classifier } from '../../src/core/model/classifier.ts';

/** Class probabilities of sentences of table rows, all equally long and padded on the right with 0. */
export function predictIds(
  engine: Engine,
  { spec, weights }: Checkpoint,
  ids: readonly (readonly number[])[],
): number[][] {
  const isToken = (id: number): boolean => id !== 0;
  const length = ids[0]?.length ?? 0;
  const { data } = new Classifier(engine, spec, weights).predict({
    size: ids.length,
    length,
    ids: Int32Array.from(ids.flat()),
    lengths: Int32Array.from(ids, (row) => (spec.masked ? row.filter(isToken).length : length)),
    labels: new Int32Array(ids.length),
  });
  return ids.map((_, i) => Array.from(data.slice(i * spec.classes, (i + 1) * spec.classes)));
}
