#!/usr/bin/env node
// `redocly lint` of openapi.json by its strict recommended rules, without the rest of the program.
import { createConfig, formatProblems, getTotals, lint } from '@redocly/openapi-core';

const config = await createConfig({ extends: ['recommended-strict'] });
const ref = new URL('../../api/openapi.json', import.meta.url).pathname;
const problems = await lint({ ref, config });
const totals = getTotals(problems);
formatProblems(problems, { totals, format: 'codeframe', version: '1.34.5' });
console.log(`redocly: ${totals.errors} errors, ${totals.warnings} warnings`);
process.exitCode = problems.length ? 1 : 0;
