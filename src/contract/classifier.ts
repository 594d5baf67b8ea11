import type { GreyImage } from './frame.ts';

export type Engine = 'onnx' | 'tensorflow';
export type Device = 'gpu' | 'cpu';

export interface Prediction {
  /** The most probable label, also when rejected. */
  readonly label: string;
  /** Calibrated, in the order of `labels`; they sum to 1. */
  readonly probabilities: readonly number[];
  /** Global features of the backbone; its length is the model's. */
  readonly embedding: Float32Array;
  /** Energy score, -T log sum exp(z/T) (Liu 2020): high for what fits no category. */
  readonly energy: number;
  /** Present when the picture fits no category well enough to be trusted. */
  readonly rejected?: { readonly reason: string };
}

/** Several looks of one picture are averaged inside the classifier when the model's manifest says so. */
export interface Classifier {
  readonly modelId: string;
  readonly labels: readonly string[];
  readonly input: { readonly widthPx: number; readonly heightPx: number };
  readonly engine: Engine;
  readonly device: Device;
  /** Human name of the provider, e.g. `CPU` or `WebGPU`. */
  readonly provider: string;
  /** Classifies in one batch; the order is kept. Throws EM_MODEL_FAILED. */
  classify(images: readonly GreyImage[], options?: ClassifyOptions): Promise<Prediction[]>;
  dispose(): Promise<void>;
}

export interface ClassifyOptions {
  /** Number of views of each picture to average; the manifest's figure when absent. 1 is the fastest. */
  readonly views?: number;
  readonly signal?: AbortSignal;
}
