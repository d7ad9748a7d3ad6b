import type { TensorListing } from '../core/checkpoint/listTensors.ts';
import { shownPath, table } from './text.ts';

/** Shows the tensors of a file that does not describe its model, and what makes it one that can be run. */
export function printTensors(listing: TensorListing): void {
  const { path, format, tensors, parameters, storageBytes, largestTable, architecture, fault } = listing;
  console.log(`${shownPath(path)} (${format}): tensors without a model`);
  const rows = tensors.map((tensor) => [
    tensor.name,
    tensor.shape.join(' x '),
    tensor.type,
    count(tensor.parameters),
    count(tensor.storageBytes),
    `${((100 * tensor.parameters) / Math.max(1, parameters)).toFixed(1)} %`,
  ]);
  const header = ['tensor', 'shape', 'type', 'parameters', 'bytes', 'share'];
  const all = ['all', '', '', count(parameters), count(storageBytes), '100.0 %'];
  console.log(`\n${table([header, ...rows, all], [1, 2])}`);
  const largest = tensors.find(({ name }) => name === largestTable);
  if (largest !== undefined) {
    console.log(
      `\nThe largest table is '${largest.name}', ${largest.shape.join(' x ')}. To compress it by itself:`,
    );
    console.log(`  embedding-press vectors ${shownPath(path)} FOLDER --reduction 0.9`);
  }
  if (architecture === undefined) {
    console.log(`\nNo model is recognised by the usual names. ${fault ?? ''}`);
    return;
  }
  const fields = Object.entries(architecture).map(([name, value]) => `"${name}": ${JSON.stringify(value)}`);
  console.log('\nTo run, compress, retrain and export the model, add to a recipe that names it:');
  console.log(`  "architecture": { ${fields.join(', ')} }`);
  if (architecture.pooling !== undefined) {
    console.log('  "pooling" is "mean" where the model averages its outputs: the tensors do not tell.');
  }
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
