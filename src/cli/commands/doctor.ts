import { z } from 'zod';
import { EXIT } from '../../contract/errors.ts';
import { diagnose, type DoctorReport } from '../../session/doctor.ts';
import { defineCommand } from '../command.ts';

type Mark = 'ok' | 'warn' | 'fail' | '';

const NAME_WIDTH = 14;

function line(mark: Mark, name: string, text: string): string {
  return `${mark.padEnd(4)}  ${name.padEnd(NAME_WIDTH)}  ${text}`.trimEnd();
}

function tensorFlowText({ package: packageName, origin, version, cuda, device, gpus }: Exclude<DoctorReport['tensorflow'], { error: unknown }>): string {
  const where = device === 'gpu' ? gpus.map(({ name, memoryGiB }) => `${name}, ${memoryGiB} GiB`).join('; ') || 'a GPU' : 'the CPU';
  return `${packageName} (${origin === 'built' ? 'built by emagent setup' : 'installed by npm'}), TensorFlow ${version}, ${cuda ? 'with' : 'without'} CUDA, on ${where}`;
}

function engineLines({ onnx, tensorflow }: DoctorReport): string[] {
  return [
    'error' in onnx
      ? line('fail', 'ONNX Runtime', onnx.error.message)
      : line('ok', 'ONNX Runtime', `onnxruntime-node ${onnx.version}; providers: ${onnx.providers.join(', ')}`),
    // Only training needs it; inference is faster without.
    'error' in tensorflow
      ? line('warn', 'TensorFlow', tensorflow.error.message)
      : line('ok', 'TensorFlow', tensorFlowText(tensorflow)),
    'error' in onnx
      ? line('warn', 'GPU', 'not looked for without ONNX Runtime')
      : 'provider' in onnx.gpu
        ? line('ok', 'GPU', `computes through ${onnx.gpu.provider}`)
        : line('warn', 'GPU', onnx.gpu.reason.replace(/^A GPU was asked for, but ONNX Runtime found none: /, 'No GPU: ')),
  ];
}

function modelLines({ model, timings, chosen }: DoctorReport): string[] {
  if ('error' in model) return [line('fail', 'model', `${model.error.message} ${model.error.hint}`)];
  return [
    line('ok', 'model', `${model.id}, ${(model.bytes / 1e6).toFixed(1)} MB, checksums right, loaded in ${model.loadMs.toFixed(0)} ms (${model.dir})`),
    ...model.accuracy.map(({ data, value }) => line('', '', `accuracy ${value.toFixed(3)} on ${data}`)),
    ...timings.map(({ engine, device, provider, medianMs }) => line('ok', 'one inference', `${medianMs.toFixed(1)} ms  ${engine} on ${device} (${provider})`)),
    ...(chosen === undefined ? [] : [line('ok', 'chosen', `${chosen.engine} on ${chosen.device} (${chosen.provider}). ${chosen.why}`)]),
  ];
}

function serialLines({ serialPorts }: DoctorReport): string[] {
  if ('error' in serialPorts) return [line('warn', 'serial ports', serialPorts.error.message)];
  if (serialPorts.length === 0) return [line('ok', 'serial ports', 'none')];
  return serialPorts.map(({ path, manufacturer, serialNumber }) =>
    line('ok', 'serial port', [path, manufacturer, serialNumber].filter((part) => part !== undefined).join(', ')),
  );
}

function textOf(report: DoctorReport): string {
  const { machine } = report;
  return [
    line('ok', 'emagent', report.emagent),
    line('ok', 'Node.js', report.node),
    line('ok', 'machine', `${machine.system}, ${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB memory`),
    ...engineLines(report),
    ...modelLines(report),
    ...serialLines(report),
  ].join('\n');
}

export const command = defineCommand({
  builder: (yargs) =>
    yargs
      .option('model', { type: 'string', describe: 'Model id or folder (sem11)' })
      .option('device', { type: 'string', describe: 'auto, gpu or cpu (auto); gpu fails when there is none' }),
  schema: z.strictObject({
    model: z.string().default('sem11'),
    device: z.enum(['auto', 'gpu', 'cpu']).default('auto'),
    json: z.boolean().default(false),
  }),
  run: async ({ model, device, json }, { print, printJson }) => {
    const report = await diagnose({ model, device });
    if (json) printJson(report);
    else print(textOf(report));
    return EXIT.done;
  },
});
