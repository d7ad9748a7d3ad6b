import assert from 'node:assert/strict';
import type { Checkpoint, Tensor } from '../../src/core/checkpoint/checkpoint.ts';

/** One of each sentence. */
export type Rows = readonly (readonly number[])[];

export const tolerance = 1e-4;

/** Class probabilities of what a saved model gives: one number where the head is a sigmoid or its logit, or logits. */
export function probabilities({ spec: { head, logit } }: Checkpoint, outputs: Rows): number[][] {
  return outputs.map((row) => {
    if (head === 'sigmoid') {
      const p = logit ? 1 / (1 + Math.exp(-row[0]!)) : row[0]!;
      return [1 - p, p];
    }
    if (head !== 'logits') return [...row];
    const exponentials = row.map((x) => Math.exp(x - Math.max(...row)));
    return exponentials.map((x) => x / exponentials.reduce((a, b) => a + b));
  });
}

export function assertClose(found: Rows, expected: Rows, what: string): void {
  expected.forEach((row, i) => {
    row.forEach((value, j) => {
      const other = found[i]?.[j] ?? NaN;
      assert.ok(Math.abs(other - value) < tolerance, `${what}: ${other} is not ${value}, sentence ${i}`);
    });
  });
}

export function assertSameBits(
  found: ReadonlyMap<string, Tensor>,
  expected: ReadonlyMap<string, Tensor>,
): void {
  assert.deepEqual([...found.keys()].sort(), [...expected.keys()].sort());
  for (const [name, { data }] of expected) {
    const bits = (of: Float32Array): Uint32Array => new Uint32Array(of.buffer, of.byteOffset, of.length);
    assert.deepEqual(bits(found.get(name)!.data), bits(data), name);
  }
}
