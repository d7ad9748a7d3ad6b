import * as l10n from '@vscode/l10n';
import type { ModelPage, ModelPageMessage } from '../../src/editor/modelProtocol.ts';
import { button, element, setText, type Button, type ButtonLook } from '../element.ts';
import { ErrorDetails } from '../errorDetails.ts';
import { describeFormat } from './describeModel.ts';
import { couldBeRead } from './section.ts';

/** Which model it is, what can be done with it, and why it cannot be read. */
export class ModelHeader {
  readonly #name = element('h1');
  readonly #path = element('p', { class: 'muted path' });
  readonly #reason = element('p', { class: 'muted', id: 'compress-reason' });
  readonly #message = element('p', { class: 'message' });
  readonly #details = new ErrorDetails();
  readonly #error = element(
    'div',
    { class: 'notice', role: 'alert' },
    element('h2', {}, l10n.t('The model cannot be read')),
    this.#message,
    ...this.#details.elements,
  );
  readonly #compress: Button;
  readonly #again: Button;
  readonly #openAsText: Button;
  readonly element: HTMLElement;

  constructor(post: (message: ModelPageMessage) => void) {
    const asks = (label: string, icon: string, type: ModelPageMessage['type'], look?: ButtonLook): Button =>
      button(
        label,
        () => {
          post({ type });
        },
        look,
        icon,
      );
    this.#compress = asks(l10n.t('Compress…'), 'fold', 'compress', 'primary');
    this.#compress.setAttribute('aria-describedby', 'compress-reason');
    this.#again = asks(l10n.t('Try Again'), 'refresh', 'reload', 'primary');
    this.#openAsText = asks(l10n.t('Open as Text'), 'go-to-file', 'openAsText');
    this.element = element(
      'header',
      {},
      element(
        'div',
        { class: 'title' },
        element('div', { class: 'names' }, this.#name, this.#path),
        element('div', { class: 'buttons' }, this.#compress, this.#again, this.#openAsText),
      ),
      this.#reason,
      this.#error,
    );
  }

  update({ name, path, isText, content }: ModelPage): void {
    setText(this.#name, name);
    this.#openAsText.hidden = !isText;
    const model = couldBeRead(content) ? content : undefined;
    setText(this.#path, model === undefined ? path : `${path} · ${describeFormat(model.inspection.format)}`);
    const error = couldBeRead(content) ? undefined : content.error;
    this.#again.hidden = this.#error.hidden = error === undefined;
    setText(this.#message, error?.message ?? '');
    this.#details.update(error);
    this.#compress.hidden = model === undefined;
    const rank = model?.inspection.spec.embedding.rank;
    const reason =
      rank !== undefined
        ? l10n.t(
            'The embedding is factorized already, at rank {0}. Compress the model that it was made from.',
            rank,
          )
        : model?.trusted === false
          ? l10n.t('Trust this workspace to compress the model.')
          : '';
    setText(this.#reason, reason);
    this.#reason.hidden = reason === '';
    this.#compress.disabled = reason !== '';
  }
}
