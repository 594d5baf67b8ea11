import { floatToHalf, halfToFloat } from '../classify/onnx/model-proto.ts';

/** IEEE 754 binary16, little endian. */
export function toHalfFloats(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(values.length * 2);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => view.setUint16(index * 2, floatToHalf(value), true));
  return bytes;
}

export function fromHalfFloats(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.byteLength >> 1 }, (_, index) => halfToFloat(view.getUint16(index * 2, true)));
}
