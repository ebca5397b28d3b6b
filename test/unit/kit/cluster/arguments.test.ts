import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readArguments } from '../../../kit/cluster/arguments.ts';

const node = { node: true, pebble: true, traefik: true, evercert: false };
const controlPlane = { node: false, pebble: false, traefik: false, evercert: false };

describe('the command line of the cluster', () => {
  for (const [what, argv, parts] of [
    ['run brings everything, with Evercert', 'run -- true', { ...node, evercert: true }],
    ['run --without-evercert brings the bare cluster', 'run --without-evercert -- true', node],
    ['up brings the bare cluster', 'up', node],
    ['up --with evercert installs it', 'up --with evercert', { ...node, evercert: true }],
    ['a control plane is alone', 'run --control-plane -- true', controlPlane],
    [
      'a control plane takes what it is given',
      'run --control-plane --with pebble,traefik -- true',
      { ...controlPlane, pebble: true, traefik: true },
    ],
  ] as const) {
    test(what, () => {
      assert.deepEqual(readArguments(argv.split(' ')).parts, parts);
    });
  }

  test('what follows -- is the command, whatever it looks like', () => {
    const { name, command } = readArguments(['run', '--name', 'a', '--', 'sh', '--name', 'b', '--', 'c']);
    assert.equal(name, 'a');
    assert.deepEqual(command, ['sh', '--name', 'b', '--', 'c']);
  });

  for (const [what, argv, problem] of [
    ['no command', '', /say one of up, run, exec, shell, status, down/],
    ['an unknown command', 'start', /say one of/],
    ['an unknown option', 'up --nodes 3', /--nodes/],
    ['run with nothing to run', 'run', /run needs a command to run, after --/],
    ['exec with nothing to run', 'exec --', /exec needs a command to run, after --/],
    [
      'a part that a control plane has not',
      'up --control-plane --with evercert',
      /a control plane takes pebble, traefik/,
    ],
    ['a part that does not exist', 'up --with istio', /--with istio: a node takes evercert/],
  ] as const) {
    test(`${what} is refused`, () => {
      assert.throws(() => readArguments(argv.split(' ').filter(Boolean)), problem);
    });
  }
});
