import type { ModelPage, ReadModel } from '../../src/editor/modelProtocol.ts';
import type { Theme } from '../theme.ts';

/** A part of the page of a model that could be read; one file each. */
export interface ModelSection {
  readonly element: HTMLElement;
  update(model: ReadModel, theme: Theme): void;
}

export function couldBeRead(content: ModelPage['content']): content is ReadModel {
  return 'inspection' in content;
}
