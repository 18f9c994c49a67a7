// Governors publish the next versions of documents, and a witness is asked to cosign.
import { readFileSync } from 'node:fs';
import { sha256 } from './alliance.mjs';

const pack = (name) => readFileSync(new URL(`../../packs/${name}.json`, import.meta.url), 'utf8');

async function publish(stage) {
  const governors = ['ev', 'metro', 'registry', 'shop', 'verico', 'wallet'].map((name) =>
    stage.alliance.key(name),
  );
  const programme = { ...JSON.parse(pack('green-points')), version: 2 };
  await stage.send('/v1/programmes', 'programme.publish', programme, governors);
  await stage.refuse(
    '/v1/programmes',
    'programme.publish',
    programme,
    governors,
    409,
    'version_not_next',
  );
  const third = { ...programme, version: 3 };
  await stage.refuse(
    '/v1/programmes',
    'programme.publish',
    third,
    governors.slice(0, 1),
    403,
    'signatures_insufficient',
  );
  const taken = { ...third, owner: 'ev' };
  await stage.refuse('/v1/programmes', 'programme.publish', taken, governors, 403, 'role_missing');
  const stranger = { ...third, sponsor: 'nobody' };
  await stage.refuse(
    '/v1/programmes',
    'programme.publish',
    stranger,
    governors,
    404,
    'member_unknown',
  );
  const homeless = { ...third, schemes: ['nothing'] };
  await stage.refuse(
    '/v1/programmes',
    'programme.publish',
    homeless,
    governors,
    404,
    'scheme_unknown',
  );

  const nothing = { base: 1, nodes: [], promote: [], remove: [] };
  await stage.refuse(
    '/v1/memberships',
    'membership.decide',
    nothing,
    governors,
    422,
    'membership_invalid',
  );
  const ghost = { ...nothing, remove: [99] };
  await stage.refuse(
    '/v1/memberships',
    'membership.decide',
    ghost,
    governors,
    404,
    'node_unknown',
  );
  const smaller = { ...nothing, remove: [4] };
  await stage.send('/v1/memberships', 'membership.decide', smaller, governors);

  const factors = { document: pack('factors').replace('core@1', 'core@2') };
  await stage.send('/v1/factors', 'factors.publish', factors, governors);
  const methodology = (document) => ({ scheme: 'sz-ph', document });
  const next = pack('metro-shenzhen').replace('metro-shenzhen@1', 'metro-shenzhen@2');
  await stage.send('/v1/methodologies', 'methodology.publish', methodology(next), governors);
  const broken = methodology('{"tanji":"methodology/1"}');
  await stage.refuse(
    '/v1/methodologies',
    'methodology.publish',
    broken,
    governors,
    422,
    'methodology_invalid',
  );
}

async function askWitness(stage) {
  const origin = sha256('tanji.example/demo').toString('hex');
  const note = (await stage.get(`/witness/${origin}/checkpoint`)).text;
  const size = note.split('\n')[1];
  const path = '/witness/add-checkpoint';
  const direct = { caller: stage.node, type: 'text/plain' };
  await stage.post(path, `old ${size}\n\n${note}`, direct);
  await stage.post(path, `old 1\n\n${note}`, { ...direct, status: 409 });
  await stage.post(path, 'nonsense', { ...direct, status: 400 });
}

export async function govern(stage) {
  await publish(stage);
  await askWitness(stage);
}
