/** What the extension host and a model's page say to each other; types only. */
import type { Inspection } from '../core/checkpoint/inspect.ts';
import type { SpectrumReport } from '../core/report/reports.ts';
import type { PageError } from './pageError.ts';
import type { ReducedModel } from './reducedModels.ts';

export type SpectrumState =
  /** Nothing is started in a workspace that is not trusted; of two factors there is no choice left to make. */
  | { readonly state: 'untrusted' | 'factorized' | 'computing' }
  | { readonly state: 'done'; readonly report: SpectrumReport }
  | { readonly state: 'failed'; readonly error: PageError };

export interface ReadModel {
  readonly inspection: Inspection;
  /** None where the embedding is factorized. */
  readonly reduced: readonly ReducedModel[];
  readonly trusted: boolean;
  readonly spectrum: SpectrumState;
}

export interface ModelPage {
  /** Of the model's folder. */
  readonly name: string;
  /** As the workspace names it. */
  readonly path: string;
  /** Whether the file is one that a text editor can show. */
  readonly isText: boolean;
  readonly content: ReadModel | { readonly error: PageError };
}

/** All there is, whenever something has changed, and in answer to `ready`. */
export interface ModelHostMessage {
  readonly type: 'page';
  readonly page: ModelPage;
}

export interface ModelPageMessage {
  /** `ready`: the page listens. `reload` reads the file anew, and computes what comes of it. */
  readonly type: 'ready' | 'reload' | 'compress' | 'openAsText';
}
