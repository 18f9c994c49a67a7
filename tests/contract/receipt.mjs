// Verifies a receipt offline: leaf → path → checkpoint → log signature and cosignatures.
import { createHash } from 'node:crypto';
import nacl from 'tweetnacl';

export const sha256 = (...parts) =>
  createHash('sha256')
    .update(Buffer.concat(parts.map((part) => Buffer.from(part))))
    .digest();
export const bytes = (base64) => Buffer.from(base64, 'base64');
export const must = (holds, what) => {
  if (!holds) throw new Error(what);
};

// The root that a leaf's hash and its path lead to (RFC 9162 §2.1.3.2).
function fold(index, size, hash, path) {
  must(index < size, 'the leaf is not in the tree');
  let [here, last] = [index, size - 1];
  const up = () => ([here, last] = [Math.floor(here / 2), Math.floor(last / 2)]);
  for (const sibling of path) {
    must(last > 0, 'the path is too long');
    const isRight = here % 2 === 1 || here === last;
    hash = isRight ? sha256([1], sibling, hash) : sha256([1], hash, sibling);
    while (isRight && here % 2 === 0 && here > 0) up();
    up();
  }
  must(last === 0, 'the path is too short');
  return hash;
}

// Keys of a policy file: `name id` → [word of its line, who holds it, public key].
function keysOf(policy) {
  const lines = policy.split('\n').map((line) => line.split(' '));
  const keys = lines
    .filter(([word]) => word === 'log' || word === 'witness')
    .map((words) => {
      const [, name, id, key] = words.at(-1).match(/^(.*)\+([0-9a-f]{8})\+(.*)$/);
      return [`${name} ${id}`, [words[0], words[1], bytes(key).subarray(1)]];
    });
  return new Map(keys);
}

// The leaf, when the receipt is certified under the policy; else an Error says what is wrong.
export function verify(receipt, policy) {
  const head = receipt.proof.slice(0, receipt.proof.indexOf('\n\n'));
  const note = receipt.proof.slice(head.length + 2);
  const [version, index, ...path] = head.split('\n');
  must(version === 'c2sp.org/tlog-proof@v1', 'not a proof');
  must(index === `index ${receipt.leaf_index}`, 'the proof of another leaf');
  const text = note.slice(0, note.lastIndexOf('\n\n') + 1);
  const [origin, size, root] = text.split('\n');
  const top = fold(receipt.leaf_index, Number(size), sha256([0], receipt.leaf), path.map(bytes));
  must(top.equals(bytes(root)), 'the path does not lead to the root');

  const keys = keysOf(policy);
  const signers = { log: new Set(), witness: new Set() };
  for (const line of note
    .slice(text.length + 1)
    .trimEnd()
    .split('\n')) {
    const [, name, blob] = line.split(' '); // `— name base64(id ‖ [time ‖] signature)`
    const raw = bytes(blob);
    const [word, holder, key] = keys.get(`${name} ${raw.toString('hex', 0, 4)}`) ?? [];
    if (!key) continue;
    const time = word === 'witness' ? `cosignature/v1\ntime ${raw.readBigUInt64BE(4)}\n` : '';
    must(
      nacl.sign.detached.verify(Buffer.from(time + text), raw.subarray(-64), key),
      `${name}: bad signature`,
    );
    signers[word].add(word === 'log' ? name : holder);
  }
  const [, quorum, members] = policy.match(/^group alliance (\d+) (.*)$/m);
  const cosigners = members.split(' ').filter((member) => signers.witness.has(member));
  must(signers.log.has(origin), 'the log did not sign');
  must(cosigners.length >= Number(quorum), 'not certified');
  return { ...JSON.parse(receipt.leaf), cosigners };
}
