import { leastSquares, residual, type Equation, type Solution } from './least-squares.ts';

/** A step of the stage position (x right, y up) and how far the picture's content moved for it (x right, y down). */
export interface StageStep {
  readonly stageXUm: number;
  readonly stageYUm: number;
  readonly shiftXPx: number;
  readonly shiftYPx: number;
  /** Standard deviation of the shift. */
  readonly sigmaPx: number;
}

/** Where a point of the picture lies: stage position + matrix x [pixels right of the middle, pixels below it], um. */
export interface ImageStageAffine {
  readonly matrix: readonly [readonly [number, number], readonly [number, number]];
  /** Edge of a pixel along x and y. */
  readonly pixelXNm: number;
  readonly pixelYNm: number;
  /** Direction on the stage of the picture's x axis, counter-clockwise. */
  readonly rotationDeg: number;
  /** By how much the angle between the axes differs from a right one. */
  readonly shearDeg: number;
  /** The picture shows the specimen as in a mirror. */
  readonly mirrored: boolean;
  /** Root of the mean square of what the steps leave unexplained, pixels; 0 with only as many steps as unknowns. */
  readonly residualPx: number;
}

/** Share of the frame by which the content moves in a step: much, for a long lever, and still with most of the field in common. */
const STEP_SHARE = 0.25;

/**
 * Stage offsets (um) to image for a calibration, from where the stage is: a cross in both directions of both axes, each
 * arm returning through the middle so that backlash shows up as a residual.
 */
export function calibrationSteps({ fieldWidthUm, fieldHeightUm }: { readonly fieldWidthUm: number; readonly fieldHeightUm: number }): readonly { readonly xUm: number; readonly yUm: number }[] {
  const [x, y] = [fieldWidthUm * STEP_SHARE, fieldHeightUm * STEP_SHARE];
  return [{ xUm: 0, yUm: 0 }, { xUm: x, yUm: 0 }, { xUm: 0, yUm: 0 }, { xUm: -x, yUm: 0 }, { xUm: 0, yUm: y }, { xUm: 0, yUm: 0 }, { xUm: 0, yUm: -y }, { xUm: x, yUm: y }];
}

/** Weighted least squares over the steps. Undefined when they do not span both directions. */
export function fitImageStageAffine(steps: readonly StageStep[]): ImageStageAffine | undefined {
  // The content moves against the step: shift = -(inverse matrix) x step; the errors are on the shifts.
  const rows = (['shiftXPx', 'shiftYPx'] as const).map((axis) =>
    steps.map((step): Equation => ({ terms: [-step.stageXUm, -step.stageYUm], value: step[axis], weight: 1 / step.sigmaPx ** 2 })),
  );
  const solutions = rows.map((equations) => leastSquares(equations, 2));
  if (solutions.includes(undefined)) return undefined;
  const [[a, b], [c, d]] = (solutions as Solution[]).map(({ values }) => values) as unknown as [[number, number], [number, number]];
  const determinant = a * d - b * c;
  if (Math.abs(determinant) < 1e-12) return undefined;
  const matrix = [[d / determinant, -b / determinant], [-c / determinant, a / determinant]] as const;
  // Columns are the stage vectors of a pixel to the right and a pixel down; unmirrored, down is -y.
  const [right, down] = [{ x: matrix[0][0], y: matrix[1][0] }, { x: matrix[0][1], y: matrix[1][1] }];
  const mirrored = right.x * down.y - right.y * down.x > 0;
  const rotation = Math.atan2(right.y, right.x);
  const between = Math.acos((right.x * down.x + right.y * down.y) / (Math.hypot(right.x, right.y) * Math.hypot(down.x, down.y)));
  const squares = rows.flatMap((equations, axis) => equations.map((equation) => residual(equation, (solutions as Solution[])[axis]!.values) ** 2));
  return {
    matrix,
    pixelXNm: Math.hypot(right.x, right.y) * 1000,
    pixelYNm: Math.hypot(down.x, down.y) * 1000,
    rotationDeg: (rotation * 180) / Math.PI,
    shearDeg: 90 - (between * 180) / Math.PI,
    mirrored,
    residualPx: steps.length <= 2 ? 0 : Math.sqrt(squares.reduce((sum, value) => sum + value, 0) / (squares.length - 4)),
  };
}

/** The stage step that moves the content by this many pixels right and down. */
export function stageStepFor({ matrix }: ImageStageAffine, shiftXPx: number, shiftYPx: number): { readonly xUm: number; readonly yUm: number } {
  return { xUm: -(matrix[0][0] * shiftXPx + matrix[0][1] * shiftYPx), yUm: -(matrix[1][0] * shiftXPx + matrix[1][1] * shiftYPx) };
}
