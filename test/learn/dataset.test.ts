import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseCsv } from '../../src/lib/csv.ts';
import { readDataset } from '../../src/learn/dataset.ts';

async function folder(files: Record<string, string>): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'emagent-dataset-'));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(dir, name, '..'), { recursive: true });
    await writeFile(join(dir, name), content);
  }
  return dir;
}

describe('data sets', () => {
  test('a picture is its folder, its bytes and what sources.csv says of it', async () => {
    const dir = await folder({
      'Wires/b.jpg': 'two',
      'Wires/a.png': 'one',
      'Wires/notes.txt': 'no picture',
      'Pores/c.tif': 'three',
      '_other/d.jpeg': 'four',
      '.hidden/e.jpg': 'five',
      'sources.csv': 'file,category,group,laboratory,notes\nWires/b.jpg,Wires,g1,"Lab, the first","says ""wires"""\nPores/c.tif,Pores,,,\n',
    });
    const { items, other, categories } = await readDataset(dir);
    expect(categories).toEqual(['Pores', 'Wires']);
    expect(items.map(({ file }) => file)).toEqual(['Pores/c.tif', 'Wires/a.png', 'Wires/b.jpg']);
    expect(items[2]).toMatchObject({ group: 'g1', laboratory: 'Lab, the first', category: 'Wires' });
    expect(items[0]).not.toHaveProperty('group');
    // sha256 of "one"
    expect(items[1]!.sha256).toBe('7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed');
    expect(other.map(({ file }) => file)).toEqual(['_other/d.jpeg']);
  });

  test.each([
    ['no folder', {}, 'holds no pictures'],
    ['pictures beside the folders only', { 'a.jpg': 'x' }, 'holds no pictures'],
    ['a list without file names', { 'A/a.jpg': 'x', 'sources.csv': 'name\nA/a.jpg\n' }, 'no column `file`'],
  ])('%s is EM_DATASET', async (_name, files, message) => {
    const dir = await folder(files as Record<string, string>);
    await expect(readDataset(dir)).rejects.toMatchObject({ code: 'EM_DATASET', message: expect.stringContaining(message) });
  });

  test('a folder that is not there, and a file in its place', async () => {
    const dir = await folder({ 'A/a.jpg': 'x' });
    await expect(readDataset(join(dir, 'nowhere'))).rejects.toMatchObject({ code: 'EM_DATASET', message: expect.stringContaining('does not exist') });
    await expect(readDataset(join(dir, 'A/a.jpg'))).rejects.toMatchObject({ code: 'EM_DATASET', message: expect.stringContaining('is not a folder') });
  });
});

describe('comma-separated files', () => {
  test('quotes, commas and line ends inside fields', () => {
    expect(parseCsv('\uFEFFa,b\r\n"1, ""x""\n2",y\r\n\r\n3,')).toEqual([
      { a: '1, "x"\n2', b: 'y' },
      { a: '3', b: '' },
    ]);
  });
});
