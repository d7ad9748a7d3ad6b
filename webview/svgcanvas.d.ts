declare module 'svgcanvas' {
  /** Draws what a canvas' 2D context is asked to draw into an SVG element. */
  export class Context {
    constructor(size: { readonly width: number; readonly height: number });
    canvas: unknown;
    font: string;
    textAlign: CanvasTextAlign;
    textBaseline: CanvasTextBaseline;
    getSvg(): SVGSVGElement;
    getTransform(): DOMMatrix;

    // What a subclass needs to draw text of its own.
    __currentElement: SVGElement;
    __closestGroupOrSvg(): SVGElement;
    __applyStyleToCurrentElement(action: 'fill' | 'stroke'): void;
    __applyText(text: string, x: number, y: number, action: 'fill' | 'stroke'): void;
  }
}
