import { expect, test } from 'vitest';
import { float, int, scanArgs, startLabBench, WAIT } from '../../support/sharksem-lab-bench.ts';

test('has what clients of others ask for: one stage, steps of the beam current, no foreign scan, and a look into the chamber', async () => {
  const { connect, instrument } = await startLabBench();
  const client = await connect();
  expect(await client.askInt('ManipGetCount')).toEqual([1]);
  expect((await client.askText('EnumPCIndexes'))[0]).toContain('pc.5.current=100\n');
  expect(await client.askInt('GetPCIndex')).toEqual([5]);
  client.send('SetPCIndex', [int(6)]);
  expect(await client.askInt('GetPCIndex', [], WAIT.C)).toEqual([6]);
  expect((await instrument.readState()).optics.beamCurrentPa).toBe(300);
  expect(await client.askInt('DtGetSelected', [int(0)])).toEqual([0]);
  client.send('ScSetExternal', [int(1)]);
  expect(await client.askInt('ScGetExternal')).toEqual([1]);
  expect(await client.askInt('ScScanXY', scanArgs(1, [64, 48], [0, 0, 63, 47], [1, 500]))).toEqual([-1]);
  client.send('ScSetExternal', [int(0)]);

  const shown = async (zoom: number): Promise<{ readonly size: readonly number[]; readonly mean: number }> => {
    client.send('CameraEnable', [int(0), float(zoom), float(5), int(0)]);
    const { body } = await client.dataMessage('CameraData');
    client.send('CameraDisable');
    const [channel, bits, widthPx, heightPx, bytes] = [0, 4, 8, 12, 16].map((at) => body.getUint32(at, true));
    expect([channel, bits, bytes]).toEqual([0, 8, widthPx! * heightPx!]);
    const pixels = new Uint8Array(body.buffer, body.byteOffset + 20, bytes);
    return { size: [widthPx!, heightPx!], mean: pixels.reduce((sum, grey) => sum + grey, 0) / pixels.length };
  };
  const lit = await shown(0.25);
  expect(lit.size).toEqual([160, 120]);
  expect(lit.mean).toBeGreaterThan(40);
  client.send('ChamberLed', [int(0)]);
  expect((await shown(0.05)).mean).toBeLessThan(10);
});
