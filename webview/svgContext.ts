import { Context } from 'svgcanvas';
import { element } from './element.ts';
import { svgElement } from './svgElement.ts';

const ANCHORS: Readonly<Partial<Record<CanvasTextAlign, string>>> = {
  center: 'middle',
  right: 'end',
  end: 'end',
};
const BASELINES: Readonly<Partial<Record<CanvasTextBaseline, string>>> = {
  top: 'text-before-edge',
  bottom: 'text-after-edge',
  middle: 'central',
  hanging: 'hanging',
};

/** Writes a drawing as SVG. The library's own text needs a style attribute, which the page's policy refuses. */
export class SvgContext extends Context {
  override __applyText(text: string, x: number, y: number, action: 'fill' | 'stroke'): void {
    const { style } = element('span');
    style.font = this.font;
    const { a, b, c, d, e, f } = this.getTransform();
    const written = svgElement(
      'text',
      {
        x,
        y,
        fill: 'none',
        transform: `matrix(${a} ${b} ${c} ${d} ${e} ${f})`,
        'font-family': style.fontFamily,
        'font-size': style.fontSize,
        'font-style': style.fontStyle,
        'font-weight': style.fontWeight,
        'text-anchor': ANCHORS[this.textAlign] ?? 'start',
        'dominant-baseline': BASELINES[this.textBaseline] ?? 'alphabetic',
      },
      text,
    );
    this.__closestGroupOrSvg().append(written);
    // The path being drawn stays what it was: on a canvas, text is no part of it.
    const path = this.__currentElement;
    this.__currentElement = written;
    this.__applyStyleToCurrentElement(action);
    this.__currentElement = path;
  }
}
