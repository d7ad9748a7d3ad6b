import type { StreamedTensor, Tensor, Weights } from './checkpoint.ts';

/** Numbers in a tensor. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** A tensor's numbers in blocks, one after the other. @throws Error where they are not as many as its shape says */
export async function* blocksOf(tensor: Tensor | StreamedTensor, name: string): AsyncGenerator<Float32Array> {
  let found = 0;
  for await (const block of 'data' in tensor ? [tensor.data] : tensor.blocks) {
    found += block.length;
    yield block;
  }
  if (found !== sizeOf(tensor.shape)) {
    throw new Error(`Tensor '${name}' of ${tensor.shape.join(' x ')} has ${found} numbers.`);
  }
}

/** The same tensors, all of them in memory. */
export async function inMemory(tensors: ReadonlyMap<string, Tensor | StreamedTensor>): Promise<Weights> {
  const weights: Weights = new Map();
  for (const [name, tensor] of tensors) {
    if ('data' in tensor) {
      weights.set(name, tensor);
      continue;
    }
    const data = new Float32Array(sizeOf(tensor.shape));
    let end = 0;
    for await (const block of blocksOf(tensor, name)) {
      data.set(block, end);
      end += block.length;
    }
    weights.set(name, { shape: tensor.shape, data });
  }
  return weights;
}
