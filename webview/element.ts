import '@vscode-elements/elements/dist/vscode-button/index.js';
import type { VscodeButton } from '@vscode-elements/elements/dist/vscode-button/index.js';
import { svgElement } from './svgElement.ts';

type Child = Node | string;

/**
 * Makes an element. The page's content security policy knows no inline style or script: text goes in as text,
 * looks come from the style sheet.
 */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: { readonly class?: string; readonly id?: string } & Readonly<Record<string, string>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

export type Button = VscodeButton;

/** How much a button asks for attention; a quiet one has no face until it is pointed at. */
export type ButtonLook = 'primary' | 'secondary' | 'quiet';

/** A button in the editor's own look; `icon` is a codicon's name. */
export function button(
  label: string,
  onClick: () => void,
  look: ButtonLook = 'secondary',
  icon?: string,
): Button {
  const made = element('vscode-button', { type: 'button', class: look }, label);
  made.secondary = look !== 'primary';
  if (icon !== undefined) made.icon = icon;
  made.addEventListener('click', onClick);
  // The component takes Space for a click and leaves it to the page, which would scroll.
  made.addEventListener('keydown', (event) => {
    if (event.key === ' ') event.preventDefault();
  });
  return made;
}

/** A quiet button that shows an icon alone. */
export function iconButton(icon: string, label: string, onClick: () => void): Button {
  const made = button('', onClick, 'quiet', icon);
  made.iconOnly = true;
  made.title = label;
  made.setAttribute('aria-label', label);
  return made;
}

/** A codicon that only repeats what text says. */
export function icon(name: string): HTMLElement {
  return element('span', { class: `codicon codicon-${name}`, 'aria-hidden': 'true' });
}

/** A drawing that only repeats what text says. */
export function drawing(className: string, viewBox: string, ...paths: readonly string[]): SVGSVGElement {
  const svg = svgElement('svg', { viewBox, class: className, 'aria-hidden': 'true' });
  svg.append(...paths.map((d) => svgElement('path', { d })));
  return svg;
}

/** Writes text only where it differs, so that a live region speaks once. */
export function setText(node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}
