/** The functions that the module exports. */
export { addBias, add, columnSums, dropUnits, multiply, reluBackward } from './dense';
export { addGram, packRows, project } from './gram';
export { gatesBackward, gatesForward, poolStep, poolStepBackward } from './lstm';
export { matMul } from './matMul';
export { update, updateRows } from './optimizers';
export { average, gather, scatter, scatterMeans, uniqueRows } from './rows';
