import type { Tensor } from '../../src/core/checkpoint/checkpoint.ts';
import type { Coding, Parts } from '../../src/core/compression/coding.ts';
import type { Workspace } from '../../src/core/engine/workspace.ts';
import { Parameter } from '../../src/core/model/parameter.ts';
import type { Random } from '../../src/core/random.ts';
import { optimizerDefaults } from '../../src/core/recipe/defaults.ts';

/** A coded table that Adam trains, with the exact values that it was coded from. */
export function trainedTable(workspace: Workspace, table: Tensor, parts: Parts, coding: Coding): Parameter {
  const weights = new Map([['embedding/table', table]]);
  for (const [name, part] of parts) weights.set(`embedding/table/${name}`, part);
  return new Parameter(workspace, 'embedding/table', table.shape, weights, optimizerDefaults.adam, coding);
}

/** A step of the rows 4, 9 and 30 along random gradients. */
export function stepSomeRows(workspace: Workspace, parameter: Parameter, random: Random): void {
  workspace.begin();
  const touched = [4, 9, 30];
  const at = workspace.integers(Int32Array.from(touched));
  const gradients = workspace.matrix(touched.length, parameter.value.columns);
  gradients.data.set(gradients.data.map(() => random.normal()));
  parameter.updateRows(at, touched.length, gradients, 0.01);
}
