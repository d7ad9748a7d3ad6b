/** The functions that the module exports. */
export { addBias, add, columnSums, dropUnits, multiply, reluBackward, transpose } from './dense';
export { addGram, packRows, project } from './gram';
export { gruBackward, gruForward } from './gru';
export { gatesBackward, gatesForward, peepholesBackward } from './lstm';
export { matMul, matMulPacked, packPanels } from './matMul';
export { nearest } from './nearest';
export { update, updateRows } from './optimizers';
export { poolStep, poolStepBackward } from './pooling';
export { average, gather, scatter, scatterMeans, uniqueRows } from './rows';
export { gatherWindows, maxOverTime, windowsBackward } from './windows';
