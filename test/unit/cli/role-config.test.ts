import { expect, it } from 'vitest';
import { bbsConfig } from '../../../bbs/config.ts';
import { cellConfig } from '../../../cells/config.ts';
import { cellSettings, checked } from '../../../src/cli/role-config.ts';
import { devCellId } from '../../../src/cli/roles.ts';
import { isDomainError } from '../../../src/domain/errors.ts';

function faultsIn(run: () => unknown): readonly string[] {
  try {
    run();
  } catch (error) {
    if (isDomainError(error)) return error.faults.map(({ field, message }) => `${field}: ${message}`);
    throw error;
  }
  return [];
}

it('the flags of a cell are settings of a cell', () => {
  const flags = {
    id: 'c',
    stateDir: '/state',
    memory: '1g',
    disk: '2g',
    optionalTag: ['gpu'],
    metricsListen: '[::1]:1',
  };
  expect(checked(cellConfig, cellSettings(flags, { DOCKER_HOST: 'unix:///engine' }))).toMatchObject({
    cellId: 'c',
    stateDir: '/state/cell',
    memoryMb: 1_024,
    diskMb: 2_048,
    optionalPlacementTags: ['gpu'],
    metricsListen: '[::1]:1',
    dockerHost: 'unix:///engine',
  });
});

it('a setting that is none is told with the nearest, at any depth', () => {
  const settings = cellSettings({}, {});
  expect(
    faultsIn(() => checked(cellConfig, { ...settings, memory_mb: 5, outputs: { max_mb: 1 }, colour: 'red' })),
  ).toEqual([
    'outputs.max_mb: there is no such setting; did you mean maxMb?',
    'memory_mb: there is no such setting; did you mean memoryMb?',
    'colour: there is no such setting',
  ]);
  const store = { kind: 'etcd', hosts: ['http://e:2379'], prefx: '/x/' };
  expect(faultsIn(() => checked(bbsConfig, { store }))).toEqual([
    'store.prefx: there is no such setting; did you mean prefix?',
  ]);
});

it('two one-machine systems on one engine have cells of different names, each the same after a restart', () => {
  const ids = ['/a', '/b', '/a'].map((stateDir) => devCellId({ stateDir }, {}));
  expect(ids[0]).toMatch(/^cell-[0-9a-f]{4}$/);
  expect(ids[1]).not.toBe(ids[0]);
  expect(ids[2]).toBe(ids[0]);
  expect(devCellId({}, { GAVEL_CELL_ID: 'mine' })).toBe('mine');
});

it('an engine address that is none is told with what would be right', () => {
  expect(faultsIn(() => checked(cellConfig, cellSettings({ dockerHost: 'nonsense' }, {})))).toEqual([
    'dockerHost: must be unix:///path, tcp://host:port or http://host:port',
  ]);
});
