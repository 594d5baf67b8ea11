import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeZeissTag, encodeZeissTags, formatZeissText, parseZeissText, ZEISS_TAG, ZEISS_TAG_UTF16 } from '../../../drivers/remcon/codec/zeiss-text.ts';
import { encodeZeissTiff, type PictureFacts } from '../../../simulator/wire/remcon-picture.ts';
import { decodeGrey } from '../../../src/imaging/picture-file.ts';
import { readTiffTag } from '../../../src/imaging/tiff.ts';
import { sampleFrame, temporaryFolder } from '../../record/sample-folder.ts';

const facts: PictureFacts = {
  photoNumber: 1770,
  fileName: 'photo_1770.tif',
  axes: { xMm: 48.509, yMm: 64.7584, zMm: 10, tiltDeg: 2, rotationDeg: 233.5, mMm: 4.475 },
  lowMm: [0, 0, 0],
  highMm: [102.2, 100, 50],
  magnification: 114.3e3 / 5,
  scanRate: 4,
  detector: 'InLens',
  vacuumMbar: 5.9e-7,
  blanked: true,
  serialNumber: 'SIM-3',
  timestamp: '2026-04-11T08:40:47.000Z',
};
const frame = sampleFrame('shallow', { widthPx: 128, heightPx: 96, data: Uint8Array.from({ length: 128 * 96 }, (_, k) => (k * 31) % 256) });
const file = encodeZeissTiff(frame, facts);

describe('the settings in a picture of SmartSEM', () => {
  // Lines as a real file has them: numbers right-justified, units that scale with the value, a colon for date and time.
  const real = [
    '0', '0', '0', '5.93262e-007', '188.165', '6', '5000', '2.27', '2e-010', '0.0052',
    '1', '0', '0', '0', '0', '0', '0', '0', '2', '0', '0', '0', '0', '0', '0', '0', '3', '0', '0', '0', '0', '0', '0', '0', '12',
    'AP_IMAGE_PIXEL_SIZE', 'Image Pixel Size = 593.3 nm',
    'AP_MAG', 'Mag =    188 X',
    'AP_WIDTH', 'Width = 607.5 µm',
    'AP_WD', 'WD =  5.2 mm',
    'AP_ACTUALKV', 'EHT =  5.00 kV',
    'AP_IPROBE', 'I Probe =    200 pA',
    'AP_STAGE_AT_X', 'Stage at X = 48.5090 mm',
    'AP_STAGE_AT_T', 'Stage at T =   2.0 °',
    'AP_PHOTO_NUMBER', 'Photo No. = 1770  ',
    'AP_TIME', 'Time: 8:40:47',
    'DP_DETECTOR_CHANNEL', 'Signal A = InLens',
    'AP_FRAME_TIME', 'Cycle Time = 752.76 ms',
  ].join('\r\n');

  test('are read with their units', () => {
    const settings = parseZeissText(real);
    expect(settings.fieldWidthM).toBeCloseTo(607.5e-6, 9);
    expect(settings.si('AP_IMAGE_PIXEL_SIZE', 'm')).toBeCloseTo(593.3e-9, 15);
    expect(settings.si('AP_WIDTH', 'm')).toBeCloseTo(607.5e-6, 12);
    expect(settings.si('AP_WD', 'm')).toBeCloseTo(5.2e-3, 9);
    expect(settings.si('AP_ACTUALKV', 'V')).toBe(5000);
    expect(settings.si('AP_IPROBE', 'A')).toBeCloseTo(200e-12, 18);
    expect(settings.si('AP_STAGE_AT_X', 'm')).toBeCloseTo(48.509e-3, 9);
    expect(settings.si('AP_STAGE_AT_T', 'deg')).toBe(2);
    expect(settings.si('AP_FRAME_TIME', 's')).toBeCloseTo(0.75276, 9);
    expect(settings.si('AP_MAG', '')).toBe(188);
    expect(settings.magnification).toBe(188.165);
    expect(settings.quantity('AP_PHOTO_NUMBER')).toEqual({ value: 1770, unit: '' });
    expect(settings.text('AP_TIME')).toBe('8:40:47');
    expect(settings.text('DP_DETECTOR_CHANNEL')).toBe('InLens');
    expect(settings.text('AP_NO_SUCH_KEY')).toBeUndefined();
    // A unit of another kind is not taken for the one that was asked for.
    expect(settings.si('AP_ACTUALKV', 'm')).toBeUndefined();
    expect(parseZeissText('AP_MAG\r\nMag =  12.50 K X').magnification).toBe(12_500);
    // Both letters that look like a micro sign.
    expect(parseZeissText('AP_WIDTH\r\nWidth = 2.000 \u03bcm').si('AP_WIDTH', 'm')).toBeCloseTo(2e-6, 12);
  });

  test('are read from any bytes without a complaint', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void decodeZeissTag(bytes)?.fieldWidthM));
    expect(decodeZeissTag(Buffer.from('something else'))).toBeUndefined();
    expect(decodeZeissTag(undefined)).toBeUndefined();
  });

  test('come back as they were written', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.stringMatching(/^AP_[A-Z0-9_]{1,12}$/), fc.stringMatching(/^[!-~]{1,12}$/)), { maxLength: 8 }), (pairs) => {
        const entries = [...new Map(pairs)].map(([key, value]) => [key, `Label = ${value}`] as const);
        const header = { pixelSizeM: 4e-9, magnification: 1, ehtV: 5000, probeCurrentA: 1e-10, workingDistanceM: 5e-3 };
        const settings = parseZeissText(Buffer.from(encodeZeissTags(formatZeissText(header, entries)).latin1).toString('latin1'));
        expect(settings.fieldWidthM).toBeCloseTo(4096e-9, 15);
        for (const [key, line] of entries) expect(settings.text(key)).toBe(line.slice('Label = '.length));
      }),
    );
  });
});

describe('a picture of the simulated SmartSEM', () => {
  test('says what a real one says, where a real one says it', () => {
    const settings = decodeZeissTag(readTiffTag(file, ZEISS_TAG));
    expect(settings?.quantity('AP_PHOTO_NUMBER')?.value).toBe(1770);
    expect(settings?.fieldWidthM).toBeCloseTo(5e-6, 12);
    expect(settings?.text('AP_IMAGE_PIXEL_SIZE')).toBe('39.06 nm');
    expect(settings?.text('AP_STAGE_AT_X')).toBe('48.5090 mm');
    expect(settings?.text('AP_STAGE_AT_R')).toBe('233.5 °');
    expect(settings?.text('AP_STAGE_HIGH_X')).toBe('102.200 mm');
    expect(settings?.text('AP_SYSTEM_VAC')).toBe('5.90e-07 mbar');
    expect(settings?.text('AP_DATE')).toBe('11 Apr 2026');
    expect(settings?.text('AP_TIME')).toBe('08:40:47');
    expect(settings?.si('AP_MAG', '')).toBeCloseTo(22_860, -1);
    const lines = Buffer.from(readTiffTag(file, ZEISS_TAG)!).toString('latin1').split('\r\n');
    expect(lines.slice(0, 3)).toEqual(['0', '0', '0']);
    // Three zeros, four blocks of seven with the numbers of the zones, then how many entries there are.
    const count = Number(lines[3 + 7 + 3 * 8]);
    expect(lines.slice(3 + 7 + 3 * 8 + 1, -1).length).toBe(2 * count);
    const wide = Buffer.from(readTiffTag(file, ZEISS_TAG_UTF16)!).toString('utf16le');
    expect(wide).toBe(Buffer.from(readTiffTag(file, ZEISS_TAG)!).toString('latin1'));
  });

  test('has exactly its pixels behind the palette', async () => {
    const picture = await decodeGrey(file, 'photo');
    expect(picture).toEqual({ widthPx: 128, heightPx: 96, data: frame.data });
  });

  test('cut off anywhere is no picture', async () => {
    for (const share of [0, 0.001, 0.1, 0.5, 0.9, 0.99]) await expect(decodeGrey(file.subarray(0, Math.floor(file.length * share)), 'photo').then(() => share, (error: { code: string }) => error.code)).resolves.toBe('EM_PICTURE');
  });

  test('is read by Pillow, where Python has it', (context) => {
    const path = join(temporaryFolder(), 'photo.tif');
    writeFileSync(path, file);
    const script = `import sys\nfrom PIL import Image\nim = Image.open(sys.argv[1])\ntext = im.tag_v2[34118]\ntext = text if isinstance(text, str) else text.decode('latin-1')\nprint(im.size, im.mode, 'AP_PHOTO_NUMBER' in text, max(im.convert('L').getdata()))`;
    let said: string;
    try {
      said = execFileSync('python3', ['-c', script, path], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    } catch (thrown) {
      context.skip(/No module named|ENOENT/.test(String((thrown as { stderr?: unknown }).stderr ?? thrown)), 'Python has no Pillow here');
      throw thrown;
    }
    expect(said.trim()).toBe('(128, 96) P True 255');
  });
});
