import { readFile } from 'node:fs/promises';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeModel, ELEMENT, encodeModel, floatTensor, floatToHalf, halfToFloat, intTensor, tensorValues } from '../../src/classify/onnx/model-proto.ts';
import { openOnnxSession } from '../../src/classify/onnx/session.ts';
import { sharedFile } from './shared-files.ts';
import { brightnessNetwork } from './tiny-model.ts';

describe('half precision', () => {
  test('every one of the 65536 numbers comes back as it was', () => {
    for (let bits = 0; bits < 65536; bits++) {
      const value = halfToFloat(bits);
      if (Number.isNaN(value)) expect(Number.isNaN(halfToFloat(floatToHalf(value)))).toBe(true);
      else if (floatToHalf(value) !== bits) throw new Error(`${bits} became ${floatToHalf(value)}`);
    }
  });

  test('any number becomes the nearest one', () => {
    fc.assert(
      fc.property(fc.float({ min: -65000, max: 65000, noNaN: true }), (value) => {
        const bits = floatToHalf(value);
        const error = Math.abs(halfToFloat(bits) - value);
        for (const neighbour of [bits - 1, bits + 1].filter((near) => near >= 0 && near < 65536)) {
          const other = halfToFloat(neighbour);
          if (Number.isFinite(other)) expect(error).toBeLessThanOrEqual(Math.abs(other - value));
        }
      }),
    );
    expect(floatToHalf(1e6)).toBe(0x7c00);
    expect(floatToHalf(-0)).toBe(0x8000);
  });
});

describe('ONNX files', () => {
  test('what is written is read again, and the same objects give the same bytes', () => {
    const bytes = brightnessNetwork();
    const model = decodeModel(bytes);
    expect(model.graph.node.map(({ opType }) => opType)).toEqual(['GlobalAveragePool', 'Flatten', 'Gemm']);
    expect(model.graph.input[0]?.type?.tensorType?.shape?.dim).toEqual([{ dimParam: 'n' }, { dimValue: 1 }, { dimValue: 8 }, { dimValue: 8 }]);
    expect(Buffer.from(encodeModel(model)).equals(bytes)).toBe(true);
  });

  test('tensors keep their values in every way of storing them', () => {
    const values = [0.5, -2, 3.25, 0];
    expect([...tensorValues(floatTensor('a', { dims: [2, 2] }, values))]).toEqual(values);
    expect([...tensorValues(floatTensor('a', { dims: [2, 2], bits: 16 }, values))]).toEqual(values);
    expect([...tensorValues(intTensor('a', [-1, 7]))]).toEqual([-1, 7]);
    expect([...tensorValues({ dims: [2], dataType: ELEMENT.float32, floatData: [1, 2] })]).toEqual([1, 2]);
    expect(() => tensorValues({ name: 'odd', dims: [1], dataType: 9 })).toThrow(/odd .* element type 9/);
  });

  test('anything else is refused in one sentence', () => {
    for (const bytes of [Buffer.from('not a model at all'), new Uint8Array(0), brightnessNetwork().subarray(0, 40)]) {
      expect(() => decodeModel(bytes)).toThrow(expect.objectContaining({ code: 'EM_MODEL' }));
    }
  });

  test('the pretrained backbone, read and written again, gives the same numbers', async (context) => {
    const bytes = await readFile(sharedFile(context, 'pretrained/efficientnet-lite0.onnx'));
    const shape = { channels: 3, heightPx: 64, widthPx: 64 };
    const view = Float32Array.from({ length: 3 * 64 * 64 }, (_, at) => Math.sin(at / 9));
    const outputs: Float32Array[] = [];
    for (const model of [bytes, encodeModel(decodeModel(bytes))]) {
      const session = await openOnnxSession({ model, device: 'cpu' });
      outputs.push((await session.run([view], shape))['embedding']!);
      await session.dispose();
    }
    expect(outputs[0]).toHaveLength(1280);
    expect([...outputs[1]!]).toEqual([...outputs[0]!]);
  });
});
