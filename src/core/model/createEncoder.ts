import type { Body, Weights } from '../checkpoint/checkpoint.ts';
import type { Workspace } from '../engine/workspace.ts';
import { AverageEncoder } from './averageEncoder.ts';
import type { SentenceEncoder } from './body.ts';
import { ConvolutionEncoder } from './convolutionEncoder.ts';
import type { Embedding } from './embedding.ts';
import { GraphEncoder } from './graph/graphEncoder.ts';
import { GruLayer } from './gruLayer.ts';
import { LstmLayer } from './lstmLayer.ts';
import type { ParameterSettings } from './parameter.ts';
import { RecurrentEncoder } from './recurrentEncoder.ts';
import type { TableTraining } from './trainingOptions.ts';

/**
 * The encoder of that body.
 *
 * @param settings of what is no embedding
 * @param ofTables of further embeddings
 * @throws Error where a weight is not there
 */
export function createEncoder(
  workspace: Workspace,
  embedding: Embedding,
  body: Body,
  weights: Weights,
  settings: ParameterSettings,
  ofTables: TableTraining,
): SentenceEncoder {
  switch (body.kind) {
    case 'dan':
      return new AverageEncoder(embedding);
    case 'lstm':
    case 'bilstm': {
      const layer = (name: string): LstmLayer =>
        new LstmLayer(workspace, name, embedding, body, weights, settings);
      return body.kind === 'lstm'
        ? new RecurrentEncoder(workspace, embedding, layer('lstm'))
        : new RecurrentEncoder(workspace, embedding, layer('bilstm/forward'), layer('bilstm/backward'));
    }
    case 'gru': {
      const layer = new GruLayer(workspace, 'gru', embedding, body, weights, settings);
      return new RecurrentEncoder(workspace, embedding, layer);
    }
    case 'cnn':
      return new ConvolutionEncoder(workspace, embedding, body, weights, settings);
    case 'graph':
      return new GraphEncoder(workspace, embedding, body, weights, settings, ofTables);
  }
}
