import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { decodeOmeTiff, encodeOmeTiff } from '../../src/imaging/ome-tiff.ts';
import { describePicture, escapeXml, parseDescription, unescapeXml } from '../../src/imaging/ome-xml.ts';
import { decodeTiff } from '../../src/imaging/tiff.ts';
import { sampleFrame, temporaryFolder } from '../record/sample-folder.ts';

const sixteen = sampleFrame('deep', {
  widthPx: 37,
  heightPx: 21,
  depth: 16,
  data: Uint16Array.from({ length: 37 * 21 }, (_, k) => (k * 7919) % 65536),
});
const eight = sampleFrame('shallow', { widthPx: 33, heightPx: 19, data: Uint8Array.from({ length: 33 * 19 }, (_, k) => (k * 31) % 256) });

describe('OME-TIFF', () => {
  test.each([['8 bit', eight], ['16 bit', sixteen]] as const)('%s comes back as it was', (_, frame) => {
    const picture = decodeOmeTiff(encodeOmeTiff(frame, { annotations: { label: 'Nano & <wires> "ü" µ', score: 0.987 } }), 'frame');
    expect(picture).toMatchObject({ widthPx: frame.widthPx, heightPx: frame.heightPx, name: frame.id, pixelSizeUm: frame.pixelSizeNm / 1000 });
    expect(picture.data).toEqual(frame.data);
    expect(picture.positionUm).toEqual({ x: 12.5, y: -40.25, z: 5000 });
    expect(picture.annotations).toMatchObject({ label: 'Nano & <wires> "ü" µ', score: '0.987', dwellUs: '2', accelerationKv: '5', beamCurrentPa: '50', doseCPerM2: '0.0655' });
  });

  test.each([['8 bit', eight, 'uchar'], ['16 bit', sixteen, 'ushort']] as const)('sharp (libtiff) reads %s', async (_, frame, depth) => {
    const file = sharp(encodeOmeTiff(frame));
    expect(await file.metadata()).toMatchObject({ format: 'tiff', width: frame.widthPx, height: frame.heightPx, depth, channels: 1 });
    const space = depth === 'ushort' ? 'grey16' : 'b-w';
    const raw = await sharp(encodeOmeTiff(frame)).toColourspace(space).raw({ depth }).toBuffer();
    const pixels = depth === 'ushort' ? new Uint16Array(raw.buffer, raw.byteOffset, raw.length / 2) : new Uint8Array(raw);
    expect([...pixels]).toEqual([...frame.data]);
  });

  test('tifffile and ome-types read it, where Python has them', (context) => {
    const path = join(temporaryFolder(), 'deep.ome.tif');
    writeFileSync(path, encodeOmeTiff(sixteen, { annotations: { score: 0.5 } }));
    const script = [
      'import sys, json, tifffile, ome_types',
      'f = tifffile.TiffFile(sys.argv[1])',
      'o = ome_types.from_xml(f.ome_metadata, validate=False)',
      'p = o.images[0].pixels',
      'print(json.dumps([f.is_ome, list(f.series[0].shape), int(f.asarray().sum()), p.physical_size_x, p.physical_size_x_unit.value, p.planes[0].position_y, p.planes[0].exposure_time]))',
    ].join('\n');
    let answer: string;
    try {
      answer = execFileSync(process.env['EMAGENT_PYTHON'] ?? 'python3', ['-c', script, path], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    } catch (cause) {
      if (!/ModuleNotFoundError|ENOENT/.test(String(cause))) throw cause;
      console.warn('skipped: no Python with tifffile and ome-types (EMAGENT_PYTHON names one)');
      return context.skip();
    }
    const sum = [...sixteen.data].reduce((a, b) => a + b, 0);
    expect(JSON.parse(answer)).toEqual([true, [21, 37], sum, 0.0390625, 'µm', -40.25, (37 * 21 * 2) / 1e6]);
  });

  test('what is no such file is refused with a sentence', () => {
    const good = encodeOmeTiff(eight);
    const cases: [Uint8Array, RegExp][] = [
      [new Uint8Array(0), /does not begin like one/],
      [Buffer.from('not a picture at all'), /does not begin like one/],
      [good.subarray(0, 200), /cut short/],
      [good.subarray(0, good.length - 2000), /cut short/],
    ];
    for (const [bytes, message] of cases) expect(() => decodeTiff(bytes, 'x.tif')).toThrow(message);
  });

  test('a compressed or coloured file is refused', async () => {
    const raw = { raw: { width: 4, height: 4, channels: 3 as const } };
    const colour = await sharp(new Uint8Array(48), raw).tiff({ compression: 'none' }).toBuffer();
    const packed = await sharp(new Uint8Array(48), raw).toColourspace('b-w').tiff({ compression: 'lzw' }).toBuffer();
    expect(() => decodeTiff(colour, 'x.tif')).toThrow(/not grey/);
    expect(() => decodeTiff(packed, 'x.tif')).toThrow(/compressed/);
  });

  test('text is escaped to ASCII and back', () => {
    for (const text of ['a<b>&"\'c', 'µm Å 电子 😀', 'tab\tline\n']) {
      expect(escapeXml(text)).toMatch(/^[\x20-\x7e]*$/);
      expect(unescapeXml(escapeXml(text))).toBe(text);
    }
    expect(escapeXml('\u0000')).toBe('&#65533;');
    expect(parseDescription('')).toEqual({ annotations: {} });
    const xml = describePicture({ name: 'a', depth: 8, widthPx: 1, heightPx: 1, pixelSizeUm: 1, positionUm: { x: 0, y: 0, z: 0 }, exposureS: 1, annotations: {} });
    expect(xml).toMatch(/^[\x20-\x7e\n]*$/);
  });
});
