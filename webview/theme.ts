import { color } from 'chart.js/helpers';

/** The editor's colours and font, as a canvas needs them: by value. */
export interface Theme {
  readonly highContrast: boolean;
  readonly foreground: string;
  readonly muted: string;
  readonly background: string;
  readonly grid: string;
  readonly tooltipBackground: string;
  readonly border: string;
  readonly font: { readonly family: string; readonly size: number };
  /** Categorical, in the order of their use. Orange is last: VS Code's themes give it the dim colour of a search match. */
  readonly palette: readonly string[];
  /** Of the accuracy floor. */
  readonly floor: string;
  /** Of the Pareto front. */
  readonly front: string;
}

export function readTheme(): Theme {
  const style = getComputedStyle(document.body);
  const variable = (name: string, otherwise: string): string =>
    style.getPropertyValue(`--vscode-${name}`).trim() || otherwise;
  const foreground = variable('foreground', style.color);
  const background = variable('editor-background', 'Canvas');
  const highContrast = document.body.className.includes('high-contrast');
  const chart = (name: string): string => variable(`charts-${name}`, foreground);
  return {
    highContrast,
    foreground,
    muted: highContrast ? foreground : variable('descriptionForeground', foreground),
    background,
    grid: withAlpha(foreground, highContrast ? 0.3 : 0.1),
    tooltipBackground: variable('editorHoverWidget-background', background),
    border: variable('editorHoverWidget-border', foreground),
    font: {
      family: variable('font-family', 'sans-serif'),
      size: Math.max(11, Number.parseFloat(variable('font-size', '13px')) - 1),
    },
    palette: [
      ...['blue', 'yellow', 'green', 'purple', 'red', 'orange'].map(chart),
      withAlpha(foreground, 0.6),
    ],
    floor: chart('green'),
    front: withAlpha(foreground, highContrast ? 0.6 : 0.3),
  };
}

export function withAlpha(value: string, alpha: number): string {
  return color(value).alpha(alpha).rgbString();
}

/** Calls back when the editor's theme changes: it then changes the body's classes and the root's variables. */
export function onThemeChange(changed: () => void): void {
  const observer = new MutationObserver(changed);
  const attributes = { attributes: true, attributeFilter: ['class', 'style', 'data-vscode-theme-id'] };
  observer.observe(document.body, attributes);
  observer.observe(document.documentElement, attributes);
}
