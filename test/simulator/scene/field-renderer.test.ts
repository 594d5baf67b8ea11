import { describe, expect, test } from 'vitest';
import { createDrawnPictures } from '../../../simulator/scene/drawn-pictures.ts';
import type { FieldGeometry } from '../../../simulator/scene/field-renderer.ts';
import type { PictureSource } from '../../../simulator/scene/picture-source.ts';
import { createScene, type Scene } from '../../../simulator/scene/scene.ts';
import { deviationOf, meanOf, scenarioOf } from '../simulated.ts';

const WIDTH = 256;
const HEIGHT = 192;

const fieldOf = (change: Partial<FieldGeometry> = {}): FieldGeometry => ({
  xUm: 0,
  yUm: 0,
  angleDeg: 0,
  pixelUm: 20 / WIDTH,
  widthPx: WIDTH,
  heightPx: HEIGHT,
  stretch: 1,
  shiftUm: () => [0, 0],
  ...change,
});

async function render(scene: Scene, field: FieldGeometry): Promise<Float32Array> {
  const out = new Float32Array(field.widthPx * field.heightPx);
  (await scene.look(field))(out, 0, field.heightPx);
  return out;
}

/** A scene with one site in the middle that shows a picture given as a function of its pixels. */
function sceneShowing(value: (x: number, y: number) => number, options: { rotationDeg?: number; widthPx?: number } = {}): Scene {
  const widthPx = options.widthPx ?? 512;
  const heightPx = (widthPx * 3) / 4;
  const data = new Float32Array(widthPx * heightPx);
  for (let y = 0; y < heightPx; y++) for (let x = 0; x < widthPx; x++) data[y * widthPx + x] = value(x, y);
  const pictures: PictureSource = {
    counts: (asked) => ({ ...asked }),
    assign: () => ({ kind: 'drawn', seed: 0 }),
    widthsPx: [],
    load: async () => ({ widthPx, heightPx, data }),
    substrates: [],
  };
  const scenario = scenarioOf({
    sample: { sites: { Tips: 1 }, placement: { model: 'needle', xUm: 0, yUm: 0 }, site: { sizeSpread: 0, maxRotationDeg: 0 }, substrate: { contrast: 0 } },
  });
  const scene = createScene({ scenario, seed: 2, pictures });
  // Where the needle came to lie does not matter to these tests.
  Object.assign(scene.sites[0]!, { xUm: 0, yUm: 0, rotationDeg: options.rotationDeg ?? 0 });
  return scene;
}

const at = (data: Float32Array, xUm: number, yUm: number): number =>
  data[Math.floor(HEIGHT / 2 - yUm / (20 / WIDTH)) * WIDTH + Math.floor(WIDTH / 2 + xUm / (20 / WIDTH))]!;

describe('field of view', () => {
  test('x right and y up: a picture lies upright at its place', async () => {
    const scene = sceneShowing((x, y) => (x < 256 && y < 192 ? 1 : 0));
    const data = await render(scene, fieldOf());
    expect(at(data, -4, 3)).toBeCloseTo(1, 1);
    expect(at(data, 4, 3)).toBeCloseTo(0, 1);
    expect(at(data, -4, -3)).toBeCloseTo(0, 1);
    const moved = await render(scene, fieldOf({ xUm: -4, yUm: 3 }));
    expect(at(moved, 0, 0)).toBeCloseTo(1, 1);
    expect(at(moved, 6, 0)).toBeCloseTo(0, 1);
  });

  test('a site turned counter-clockwise, and a scan turned with it, show the picture upright', async () => {
    const scene = sceneShowing((x) => (x < 256 ? 1 : 0), { rotationDeg: 90 });
    const data = await render(scene, fieldOf());
    expect(at(data, 0, -3)).toBeCloseTo(1, 1);
    expect(at(data, 0, 3)).toBeCloseTo(0, 1);
    const turned = await render(scene, fieldOf({ angleDeg: 90 }));
    expect(at(turned, -3, 0)).toBeCloseTo(1, 1);
    expect(at(turned, 3, 0)).toBeCloseTo(0, 1);
  });

  test('low magnification shows the same scene: as if the high one were averaged', async () => {
    const scenario = scenarioOf({ sample: { sites: { Particles: 2, Fibres: 2, Patterned_surface: 2 }, placement: { model: 'needle', xUm: 0, yUm: 0 } } });
    const pictures = { ...createDrawnPictures(4), widthsPx: [768] };
    const scene = createScene({ scenario, seed: 4, pictures });
    const { xUm, yUm } = scene.sites[0]!;
    const factor = 4;
    const low = await render(scene, fieldOf({ xUm, yUm, pixelUm: 60 / WIDTH }));
    const high = await render(scene, fieldOf({ xUm, yUm, pixelUm: 60 / WIDTH / factor, widthPx: WIDTH * factor, heightPx: HEIGHT * factor }));
    const averaged = new Float32Array(low.length);
    for (let y = 0; y < HEIGHT * factor; y++) {
      for (let x = 0; x < WIDTH * factor; x++) {
        const index = Math.floor(y / factor) * WIDTH + Math.floor(x / factor);
        averaged[index] = averaged[index]! + high[y * WIDTH * factor + x]! / factor ** 2;
      }
    }
    const difference = low.map((value, index) => value - averaged[index]!);
    // 100 pA for 1 us at yield 0.3 is noise of 0.03.
    expect(deviationOf(difference)).toBeLessThan(0.03);
    expect(deviationOf(difference)).toBeLessThan(0.25 * deviationOf(averaged));
    expect(Math.abs(meanOf(difference))).toBeLessThan(0.002);
  });

  test('the half-size drawing that a survey uses shows the same as the full one', async () => {
    const scenario = scenarioOf({ sample: { sites: { Particles: 2, Fibres: 2, Nanowires: 2 }, placement: { model: 'needle', xUm: 0, yUm: 0 } } });
    const sceneOf = (widthsPx: number[]): Scene => createScene({ scenario, seed: 4, pictures: { ...createDrawnPictures(4), widthsPx } });
    const { xUm, yUm } = sceneOf([768]).sites[0]!;
    const field = fieldOf({ xUm, yUm, pixelUm: 80 / 1024, widthPx: 512, heightPx: 384 });
    const full = await render(sceneOf([768]), field);
    const half = await render(sceneOf([384, 768]), field);
    const mean = meanOf(full);
    const covariance = meanOf(full.map((value, index) => (value - mean) * (half[index]! - mean)));
    expect(covariance / (deviationOf(full) * deviationOf(half))).toBeGreaterThan(0.9);
  });

  test('no aliasing: a fine grating is grey at low magnification', async () => {
    const scene = sceneShowing((x) => x % 2);
    const data = await render(scene, fieldOf({ pixelUm: 80 / 512, widthPx: WIDTH, heightPx: HEIGHT }));
    const middle = Array.from({ length: 40 }, (_, index) => data[(HEIGHT / 2) * WIDTH + WIDTH / 2 - 20 + index]!);
    expect(deviationOf(middle)).toBeLessThan(0.02);
    expect(meanOf(middle)).toBeCloseTo(0.5, 1);
  });

  test('a site fades into the substrate instead of ending at a line', async () => {
    const data = await render(sceneShowing(() => 1), fieldOf({ pixelUm: 30 / WIDTH }));
    const row = Array.from(data.subarray((HEIGHT / 2) * WIDTH, (HEIGHT / 2 + 1) * WIDTH));
    const steps = row.slice(1).map((value, index) => Math.abs(value - row[index]!));
    expect(Math.max(...row)).toBeCloseTo(1, 2);
    expect(Math.min(...row)).toBeCloseTo(0.3, 2);
    expect(Math.max(...steps)).toBeLessThan(0.3);
  });

  test('lines move with the drift', async () => {
    const scene = sceneShowing((x) => (x < 256 ? 1 : 0));
    const data = await render(scene, fieldOf({ shiftUm: (row) => [row < HEIGHT / 2 ? 2 : -2, 0] }));
    expect(at(data, -1, 3)).toBeCloseTo(0, 1);
    expect(at(data, 1, -3)).toBeCloseTo(1, 1);
  });
});
