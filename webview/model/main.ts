import '../strings.ts';
import '../page.css';
import './model.css';
import * as l10n from '@vscode/l10n';
import type { ModelHostMessage, ModelPage, ModelPageMessage } from '../../src/editor/modelProtocol.ts';
import { element } from '../element.ts';
import { onThemeChange, readTheme } from '../theme.ts';
import { Layers } from './layers.ts';
import { ModelHeader } from './modelHeader.ts';
import { Reductions } from './reductions.ts';
import { couldBeRead, type ModelSection } from './section.ts';
import { Spectrum } from './spectrum.ts';
import { Summary } from './summary.ts';

const host = acquireVsCodeApi();
const post = (message: ModelPageMessage): void => {
  host.postMessage(message);
};
const header = new ModelHeader(post);
const sections: readonly ModelSection[] = [new Summary(), new Layers(), new Reductions(), new Spectrum(post)];
const body = element('div', { class: 'sections' }, ...sections.map((section) => section.element));
const main = document.getElementById('model');
let page: ModelPage | undefined;

function draw(): void {
  if (page === undefined) return;
  if (!header.element.isConnected) main?.replaceChildren(header.element, body);
  header.update(page);
  const { content } = page;
  body.hidden = !couldBeRead(content);
  if (!couldBeRead(content)) return;
  const theme = readTheme();
  for (const section of sections) section.update(content, theme);
}

window.addEventListener('message', ({ data }: MessageEvent<ModelHostMessage>) => {
  page = data.page;
  draw();
});
onThemeChange(draw);
main?.append(element('p', { class: 'waiting' }, l10n.t('Reading the model…')));
post({ type: 'ready' });
