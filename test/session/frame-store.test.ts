import { expect, test } from 'vitest';
import { createFrameStore } from '../../src/session/frame-store.ts';
import { sampleFrame } from '../record/sample-folder.ts';

test('a frame is compared with the one before it, also where that was for focusing', () => {
  const store = createFrameStore();
  const frame = sampleFrame('photo-1');
  const action = { kind: 'inspect', tile: 0, look: { band: 'inspect', xUm: 0, yUm: 0, settings: { fieldWidthUm: 20, widthPx: 8, heightPx: 6, dwellUs: 1 } } } as const;
  store.add(frame, action);
  expect(store.previous()).toBeUndefined();
  store.add(frame, action);
  expect(store.previous()?.id).toBe('frame-000001');
  const forFocus = { ...frame, id: 'photo-7' };
  store.pass(forFocus);
  store.add(frame, action);
  expect(store.previous()).toBe(forFocus);
});
