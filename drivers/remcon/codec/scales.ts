/** Field width at magnification 1, m (AP_WIDTH x AP_MAG of a real file; cameras of other instruments give 0.127). */
export const HFW_AT_MAG_1_M = 0.1143;

/**
 * Dwell per pixel of the scan rates 0, 1, 2 ..., us: each twice the one before. The one known pair is rate 4 with a cycle of
 * 752.76 ms for 1024 x 768 px in a real file; the others are to be confirmed on hardware. Slower ones than 61 us
 * (48 s for a picture) are left out.
 */
export const DWELL_US: readonly number[] = Array.from({ length: 11 }, (_, rate) => 0.06 * 2 ** rate);

export const MAGNIFICATION = { min: 5, max: 2_000_000 } as const;
export const WORKING_DISTANCE_MM = { min: 0, max: 121 } as const;
/** Pictures of SmartSEM are so wide unless another store resolution is chosen; `PIX?` and the header of its files refer to it. */
export const STORE_SIZE_PX: readonly [number, number] = [1024, 768];
