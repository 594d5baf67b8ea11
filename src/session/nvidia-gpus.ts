import { runProgram } from './tensorflow-setup/run-program.ts';

export interface GpuDescription {
  readonly name: string;
  readonly memoryGiB: number;
}

/** What the program of NVIDIA's driver says of each GPU; nothing where it is not there. */
export async function nvidiaGpus(): Promise<GpuDescription[]> {
  const { code, output } = await runProgram('nvidia-smi', ['--query-gpu=name,memory.total', '--format=csv,noheader,nounits']);
  if (code !== 0) return [];
  return output.split('\n').flatMap((line) => {
    const match = /^(.+), (\d+)$/.exec(line.trim());
    return match === null ? [] : [{ name: match[1]!, memoryGiB: Math.round(Number(match[2]) / 102.4) / 10 }];
  });
}
