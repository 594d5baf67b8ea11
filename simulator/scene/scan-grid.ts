import type { FieldGeometry } from './field-renderer.ts';

/** A rectangle on the specimen; angle counter-clockwise from +x. */
export interface Rectangle {
  readonly xUm: number;
  readonly yUm: number;
  readonly widthUm: number;
  readonly heightUm: number;
  readonly angleDeg: number;
}

/** A stretch of pixels of a line. */
export type Span = readonly [from: number, to: number];

/** Where the pixels of a field lie on the specimen. */
export interface ScanGrid {
  /** One pixel along a line. */
  readonly stepX: number;
  readonly stepY: number;
  /** First pixel of a line, with what displaces the line. */
  start(row: number): readonly [number, number];
}

export function scanGrid(field: FieldGeometry): ScanGrid {
  const { pixelUm, widthPx, heightPx, stretch } = field;
  const angle = (field.angleDeg * Math.PI) / 180;
  const stepX = pixelUm * Math.cos(angle);
  const stepY = pixelUm * Math.sin(angle);
  const shear = field.shear ?? 0;
  // One pixel down the image.
  const downX = stepY * stretch + shear * stepX;
  const downY = -stepX * stretch + shear * stepY;
  const along = 0.5 - widthPx / 2;
  return {
    stepX,
    stepY,
    start: (row) => {
      const [shiftX, shiftY] = field.shiftUm(row);
      const down = row + 0.5 - heightPx / 2;
      return [field.xUm + shiftX + along * stepX + down * downX, field.yUm + shiftY + along * stepY + down * downY];
    },
  };
}

/** Whole k of [0, length) with low < start + k * step < 1 - low. */
export function spanWithin(start: number, step: number, { low, length }: { low: number; length: number }): Span {
  if (Math.abs(step) < 1e-12) return start > low && start < 1 - low ? [0, length] : [0, 0];
  const a = (low - start) / step;
  const b = (1 - low - start) / step;
  return [Math.max(0, Math.ceil(Math.min(a, b))), Math.min(length, Math.floor(Math.max(a, b)) + 1)];
}

export const common = (a: Span, b: Span): Span => [Math.max(a[0], b[0]), Math.max(Math.max(a[0], b[0]), Math.min(a[1], b[1]))];

/** The pixels of a line that lie in a rectangle of the specimen. */
export function rectangleSpans(field: FieldGeometry, { xUm, yUm, widthUm, heightUm, angleDeg }: Rectangle): (row: number) => Span {
  const grid = scanGrid(field);
  const length = field.widthPx;
  const angle = (angleDeg * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const du = (grid.stepX * cos + grid.stepY * sin) / widthUm;
  const dv = (grid.stepY * cos - grid.stepX * sin) / heightUm;
  return (row) => {
    const [x0, y0] = grid.start(row);
    const u = ((x0 - xUm) * cos + (y0 - yUm) * sin) / widthUm + 0.5;
    const v = ((y0 - yUm) * cos - (x0 - xUm) * sin) / heightUm + 0.5;
    return common(spanWithin(u, du, { low: 0, length }), spanWithin(v, dv, { low: 0, length }));
  };
}

/** Width and height of what a field covers on the specimen. */
export function fieldRectangle(field: FieldGeometry): Rectangle {
  return {
    xUm: field.xUm,
    yUm: field.yUm,
    widthUm: field.widthPx * field.pixelUm,
    heightUm: field.heightPx * field.pixelUm * Math.abs(field.stretch),
    angleDeg: field.angleDeg,
  };
}

/** Whether a rectangle can reach into a field: circles around both. */
export function mayTouch(field: FieldGeometry, { xUm, yUm, widthUm, heightUm }: Rectangle): boolean {
  const area = fieldRectangle(field);
  const [shiftX, shiftY] = field.shiftUm(0);
  const reach = (Math.hypot(area.widthUm, area.heightUm) + Math.hypot(widthUm, heightUm)) / 2;
  return Math.hypot(xUm - area.xUm - shiftX, yUm - area.yUm - shiftY) < reach + 1;
}
