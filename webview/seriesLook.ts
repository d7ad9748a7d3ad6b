/** How a curve looks. Shape and dash together are its own, so that none needs its colour to be told from the others. */
export interface SeriesLook {
  /** Position in the theme's palette. */
  readonly colour: number;
  readonly shape: Shape;
  readonly dash: Dash;
}

/** Of points. */
export interface Shape {
  readonly pointStyle: 'circle' | 'triangle' | 'rect' | 'rectRot' | 'star' | 'cross';
  /** In degrees. */
  readonly rotation: number;
  /** Of its radius, for it to look as large as a circle. */
  readonly scale: number;
  /** Around the middle of a 24 x 12 picture. */
  readonly path: string;
  /** Lines alone, which cannot be filled. */
  readonly isOpen: boolean;
}

/** Of lines. */
export interface Dash {
  readonly segments: readonly number[];
  /** Across a 24 x 12 picture, the middle left free. */
  readonly path: string;
}

const filled = (
  pointStyle: Shape['pointStyle'],
  path: string,
  { rotation = 0, scale = 1 }: { readonly rotation?: number; readonly scale?: number } = {},
): Shape => ({ pointStyle, path, rotation, scale, isOpen: false });

const SHAPES: readonly [Shape, ...Shape[]] = [
  filled('circle', 'M12 2.5a3.5 3.5 0 1 0 0 7a3.5 3.5 0 1 0 0-7z'),
  filled('triangle', 'M12 1.5L16.5 10H7.5z', { scale: 1.2 }),
  filled('rect', 'M8.5 2.5h7v7h-7z', { scale: 1.15 }),
  filled('rectRot', 'M12 1L17 6L12 11L7 6z', { scale: 1.2 }),
  filled('triangle', 'M12 10.5L7.5 2h9z', { rotation: 180, scale: 1.2 }),
  {
    pointStyle: 'star',
    path: 'M12 1V11M7.5 3.5L16.5 8.5M16.5 3.5L7.5 8.5',
    rotation: 0,
    scale: 1.2,
    isOpen: true,
  },
  filled('triangle', 'M16.5 6L8 1.5v9z', { rotation: 90, scale: 1.2 }),
  { pointStyle: 'cross', path: 'M12 1.5V10.5M7.5 6H16.5', rotation: 0, scale: 1.2, isOpen: true },
];

const DASHES: readonly [Dash, ...Dash[]] = [
  { segments: [], path: 'M0 6H24' },
  { segments: [8, 3], path: 'M0 6H6M18 6H24' },
  { segments: [2, 3], path: 'M0 6H1.5M3.5 6H5M19 6H20.5M22.5 6H24' },
];

const COLOURS = 6;

/** @param place of the curve, from 0 on */
export function seriesLook(place: number): SeriesLook {
  return {
    colour: place % COLOURS,
    shape: SHAPES[place % SHAPES.length] ?? SHAPES[0],
    dash: DASHES[Math.floor(place / COLOURS) % DASHES.length] ?? DASHES[0],
  };
}

/** Of compared runs, in their order. */
export const COMPARED_DASHES: readonly [Dash, ...Dash[]] = [
  { segments: [6, 4], path: 'M0 6H2.5M4.5 6H7M17 6H19.5M21.5 6H24' },
  { segments: [1, 3], path: 'M0 6H1M3 6H4M6 6H7M17 6H18M20 6H21M23 6H24' },
  { segments: [8, 3, 2, 3], path: 'M0 6H4M6 6H7M17 6H18M20 6H24' },
];
