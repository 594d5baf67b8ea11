/** Mean of several frames of one field, pixel by pixel: noise falls with the root of their number, drift blurs. */
export interface FrameMean {
  add(data: Uint8Array | Uint16Array): void;
  result(): Uint8Array | Uint16Array;
}

/** Frame integration as scan generators do it: sums, divided at the end. One frame is passed on as it is. */
export function createFrameMean(count: number): FrameMean {
  let sum: Float64Array | undefined;
  let last: Uint8Array | Uint16Array = new Uint8Array();
  return {
    add: (data) => {
      last = data;
      if (count === 1) return;
      sum ??= new Float64Array(data.length);
      for (let index = 0; index < data.length; index++) sum[index] = sum[index]! + data[index]!;
    },
    result: () => {
      if (sum === undefined) return last;
      for (let index = 0; index < sum.length; index++) last[index] = sum[index]! / count + 0.5;
      return last;
    },
  };
}
