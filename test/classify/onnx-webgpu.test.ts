import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { openOnnxSession } from '../../src/classify/onnx/session.ts';
import { sharedFile } from './shared-files.ts';

const DRIVER = 'vk_swiftshader_icd.json';

/** The software Vulkan driver that comes with Chromium, beside its program. */
function softwareVulkan(): string | undefined {
  const programs = ['chromium', 'chromium-browser', 'google-chrome'].flatMap((name) => (process.env['PATH'] ?? '').split(':').map((folder) => join(folder, name)));
  const folders = [...programs.filter(existsSync).map((program) => dirname(realpathSync(program))), '/usr/lib/chromium', '/usr/lib64/chromium', '/opt/google/chrome'];
  return folders.filter(existsSync).filter((folder) => readdirSync(folder).includes(DRIVER)).map((folder) => join(folder, DRIVER))[0];
}

// A file of its own: Vulkan looks at its environment once in a process.
test('WebGPU gives the same embedding as the CPU', { timeout: 120_000 }, async (context) => {
  const model = sharedFile(context, 'pretrained/efficientnet-lite0.onnx');
  const driver = softwareVulkan();
  if (driver === undefined || process.platform !== 'linux') {
    console.warn('SKIPPED: there is no software Vulkan driver (Chromium brings one)');
    context.skip();
    return;
  }
  process.env['VK_DRIVER_FILES'] = driver;
  const view = Float32Array.from({ length: 3 * 32 * 32 }, (_, at) => Math.sin(at / 7));
  const shape = { channels: 3, heightPx: 32, widthPx: 32 };
  const gpu = await openOnnxSession({ model, device: 'gpu' });
  expect(gpu).toMatchObject({ device: 'gpu', provider: 'WebGPU' });
  const onGpu = (await gpu.run([view], shape))['embedding']!;
  await gpu.dispose();
  const cpu = await openOnnxSession({ model, device: 'cpu' });
  const onCpu = (await cpu.run([view], shape))['embedding']!;
  await cpu.dispose();
  expect(onGpu).toHaveLength(1280);
  expect(Math.max(...onCpu)).toBeGreaterThan(0.5);
  onCpu.forEach((value, index) => expect(Math.abs(onGpu[index]! - value)).toBeLessThan(1e-3));
});
