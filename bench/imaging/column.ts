import type { GreyImage } from '../../src/contract/frame.ts';
import { binFrequency, fourierTransform2d } from '../../src/imaging/fourier.ts';
import type { FloatImage } from '../../src/imaging/gaussian.ts';
import { blurCovariance } from '../../simulator/physics/blur.ts';
import { defocusBlur } from '../../simulator/physics/defocus.ts';
import { exposed, middleOf } from './fields.ts';

export interface ColumnSettings {
  readonly defocusUm: number;
  readonly astigmatismUm?: number;
  readonly astigmatismDeg?: number;
}

export interface ColumnOptions {
  readonly pixelNm: number;
  readonly halfAngleMrad: number;
  readonly probeNm: number;
  readonly electronsAtWhite: number;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** Frames of one field at any focus: the blur is the simulator's, applied in Fourier space to a canvas that wraps around. */
export function createColumn(field: FloatImage, options: ColumnOptions): (settings: ColumnSettings, seed: number) => GreyImage & { data: Uint8Array } {
  const { widthPx, heightPx } = field;
  const sharp = { re: Float64Array.from(field.data), im: new Float64Array(field.data.length) };
  fourierTransform2d(sharp, widthPx, 'forward');
  return ({ defocusUm, astigmatismUm = 0, astigmatismDeg = 0 }, seed) => {
    const blur = defocusBlur({ defocusUm, astigmatismUm, astigmatismDeg, halfAngleMrad: options.halfAngleMrad, probeNm: options.probeNm });
    const pixelUm = options.pixelNm / 1000;
    const { xx, xy, yy } = blurCovariance(blur.sigmaUUm / pixelUm, blur.sigmaVUm / pixelUm, blur.angleDeg);
    const values = { re: sharp.re.slice(), im: sharp.im.slice() };
    for (let y = 0; y < heightPx; y++) {
      const fy = binFrequency(y, heightPx);
      for (let x = 0; x < widthPx; x++) {
        const fx = binFrequency(x, widthPx);
        const factor = Math.exp(-2 * Math.PI ** 2 * (fx * fx * xx + 2 * fx * fy * xy + fy * fy * yy));
        values.re[y * widthPx + x]! *= factor;
        values.im[y * widthPx + x]! *= factor;
      }
    }
    fourierTransform2d(values, widthPx, 'backward');
    const image = { widthPx, heightPx, data: Float32Array.from(values.re) };
    return exposed(middleOf(image, options.widthPx, options.heightPx), { electronsAtWhite: options.electronsAtWhite, seed });
  };
}
