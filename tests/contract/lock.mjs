#!/usr/bin/env node
// Run by `npm run lock` after package.json has changed. Writes beside each version where its archive
// lies, under a host that .npmrc replaces: with that, `npm ci` reads archives only, and no lists.
import { readFileSync, writeFileSync } from 'node:fs';

const file = new URL('package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(file, 'utf8'));
for (const [path, { version, resolved, ...more }] of Object.entries(lock.packages)) {
  if (path === '') continue;
  const name = more.name ?? path.split('node_modules/').at(-1);
  const archive = `${name}/-/${name.split('/').at(-1)}-${version}.tgz`;
  lock.packages[path] = { version, resolved: `https://packages.invalid/${archive}`, ...more };
}
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
