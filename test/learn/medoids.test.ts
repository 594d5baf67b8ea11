import { describe, expect, test } from 'vitest';
import { createRandom } from '../../src/lib/random.ts';
import { medoids } from '../../src/learn/data/medoids.ts';
import { clusterMembers, clusters, pairsByHash } from '../../src/learn/data/near-duplicates.ts';
import { hashDistance, perceptualHash } from '../../src/imaging/perceptual-hash.ts';
import { renderMicrograph } from '../../simulator/render/micrograph.ts';

describe('medoids', () => {
  test('one of each heap, that of the largest first', () => {
    const random = createRandom(1);
    const heaps = [12, 5, 8].flatMap((count, heap) => Array.from({ length: count }, () => [0, 1, 2].map((axis) => (axis === heap ? 10 : 0) + 0.3 * random.gaussian())));
    const chosen = medoids({ rows: heaps.length, columns: 3, data: Float32Array.from(heaps.flat()) }, 3);
    expect(chosen.map((row) => (row < 12 ? 0 : row < 17 ? 1 : 2))).toEqual([0, 2, 1]);
  });

  test('all, when there are not more', () => {
    expect(medoids({ rows: 2, columns: 1, data: Float32Array.from([1, 2]) }, 5)).toEqual([0, 1]);
  });
});

describe('near duplicates', () => {
  test('what hangs together is one cluster', () => {
    expect([...clusters(6, [[4, 1], [1, 5], [2, 3]])]).toEqual([0, 1, 2, 2, 1, 1]);
    expect(clusterMembers(clusters(6, [[4, 1], [1, 5], [2, 3]]))).toEqual([[1, 4, 5], [2, 3]]);
  });

  test('the hash survives another contrast and size, and tells other pictures apart', async () => {
    const picture = renderMicrograph({ category: 'Particles', seed: 3, widthPx: 320, heightPx: 240 });
    const paler = { ...picture, data: Uint8Array.from(picture.data, (value) => 40 + value * 0.6) };
    const other = renderMicrograph({ category: 'Particles', seed: 4, widthPx: 320, heightPx: 240 });
    const [hash, pale, another] = await Promise.all([picture, paler, other].map(perceptualHash));
    expect(hashDistance(hash!, pale!)).toBeLessThanOrEqual(3);
    expect(hashDistance(hash!, another!)).toBeGreaterThan(12);
    expect(hashDistance([0xffffffff, 0], [0, 1])).toBe(33);
    expect(pairsByHash([hash!, another!, pale!], 10)).toEqual([[0, 2]]);
  });
});
