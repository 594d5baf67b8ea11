import { encodeCameraPicture } from '../../drivers/sharksem/codec/camera-data.ts';
import { clamp } from '../../src/lib/guards.ts';
import { drawChamber } from '../render/chamber-view.ts';
import type { SimulatedMicroscope } from '../simulated-microscope.ts';
import type { PixelSink } from './sharksem-scan.ts';

const CHANNEL = 0;
const ZOOM = { min: 0.05, max: 1 } as const;
const FRAMES_PER_S = { min: 0.1, max: 5 } as const;

/** Arguments of `CameraEnable`. */
export interface CameraOrder {
  readonly channel: number;
  /** Of the whole picture's size. */
  readonly zoom: number;
  readonly framesPerS: number;
}

/** The camera in the chamber: pictures to the client that switched it on, until it is switched off or that client is gone. */
export interface SharksemCamera {
  lamp: boolean;
  /** Other channels than 0 are ignored; zoom and rate are clamped. */
  enable(order: CameraOrder, sink: PixelSink): void;
  disable(): void;
  disableFor(sink: PixelSink): void;
}

export function createSharksemCamera(microscope: SimulatedMicroscope, log: (message: string) => void): SharksemCamera {
  const { clock } = microscope;
  let running: { readonly stop: AbortController; readonly sink: PixelSink } | undefined;
  let shot = 0;

  const show = async ({ zoom, framesPerS }: CameraOrder, sink: PixelSink, signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      const { stage, optics } = await microscope.readState();
      if (signal.aborted) return;
      const picture = drawChamber({ stage, workingDistanceMm: optics.workingDistanceMm, zoom, isLit: camera.lamp, seed: shot++ });
      sink.sendPixels(encodeCameraPicture({ channel: CHANNEL, ...picture }));
      await clock.sleep(1000 / framesPerS, signal);
    }
  };
  const camera: SharksemCamera = {
    lamp: true,
    enable: ({ channel, zoom, framesPerS }, sink) => {
      if (channel !== CHANNEL) return;
      camera.disable();
      const stop = new AbortController();
      running = { stop, sink };
      const order = { channel, zoom: clamp(zoom, ZOOM.min, ZOOM.max), framesPerS: clamp(framesPerS, FRAMES_PER_S.min, FRAMES_PER_S.max) };
      void show(order, sink, stop.signal).catch((error: Error) => {
        if (!stop.signal.aborted) log(`CameraEnable: ${error.message}`);
      });
    },
    disable: () => {
      running?.stop.abort(new Error('CameraDisable'));
      running = undefined;
    },
    disableFor: (sink) => {
      if (running?.sink === sink) camera.disable();
    },
  };
  return camera;
}
