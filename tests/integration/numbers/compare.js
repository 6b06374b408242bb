// compare.js WAYPOST [SEED]: reads the numbers of all regions of google-libphonenumber with `waypost channel
// number` and prints what became of them. No number may become another valid number.
//
// For each region: the example numbers and MOBILES random valid mobiles, and numbers that begin with
// their own calling code, in seven forms; then all mobiles as digits on channels of other countries.
'use strict';
const {spawnSync} = require('child_process');
const {PhoneNumberUtil, PhoneNumberFormat, PhoneNumberType} = require('google-libphonenumber');

const MOBILES = 40;
const HOMES = ['DE', 'AT', 'IT', 'KE', 'US', 'BR', 'ID', 'RU', 'MX', 'AR', 'HU', 'PL', 'CI', 'BJ'];
const waypost = process.argv[2];
const util = PhoneNumberUtil.getInstance();
let seed = Number(process.argv[3] || 20241130);

function random(n) { // xorshift: the same numbers on every run
    seed ^= seed << 13; seed ^= seed >>> 17; seed ^= seed << 5;
    return (seed >>> 0) % n;
}

const key = (number) => util.format(number, PhoneNumberFormat.E164);

function parsed(text, region) {
    try {
        return util.parse(text, region);
    } catch (e) {
        return null;
    }
}

function isValid(text) {
    const number = parsed(text);
    return number !== null && util.isValidNumber(number);
}

function isMobile(number) {
    const type = util.getNumberType(number);
    return type === PhoneNumberType.MOBILE || type === PhoneNumberType.FIXED_LINE_OR_MOBILE;
}

// Valid numbers of the region that `accept`s, made of an example by changing its digits.
function mutated(region, example, n, accept, head) {
    const made = new Map();
    const code = String(util.getCountryCodeForRegion(region));
    const national = util.getNationalSignificantNumber(example);
    for (let tries = 0; made.size < n && tries < 4000; tries++) {
        let digits = head;
        while (digits.length < national.length)
            digits += random(8) > 0 && tries % 2 ? national[digits.length] : random(10);
        const number = parsed(`+${code}${digits}`, region);
        if (number !== null && util.isValidNumberForRegion(number, region) && accept(number))
            made.set(key(number), number);
    }
    return [...made.values()];
}

function numbersOf(region) {
    const found = new Map();
    const add = (number) => { if (number && util.isValidNumber(number)) found.set(key(number), number); };
    for (const type of [PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE])
        add(util.getExampleNumberForType(region, type));
    const example = util.getExampleNumberForType(region, PhoneNumberType.MOBILE) || util.getExampleNumber(region);
    const code = String(util.getCountryCodeForRegion(region));
    mutated(region, example, MOBILES, isMobile, '').forEach(add);
    const fixed = util.getExampleNumberForType(region, PhoneNumberType.FIXED_LINE) || example;
    mutated(region, fixed, 3, () => true, code).forEach(add);
    mutated(region, example, 3, () => true, code).forEach(add);
    return [...found.values()];
}

const FORMS = [
    ['with plus', 'plus', (n) => key(n)],
    ['digits', 'digits', (n) => key(n).slice(1)],
    ['00 in front', '00', (n) => '00' + key(n).slice(1)],
    ['international, written', 'plus', (n) => util.format(n, PhoneNumberFormat.INTERNATIONAL)],
    ['tel: URI', 'plus', (n) => util.format(n, PhoneNumberFormat.RFC3966)],
    ['national, written', 'national', (n) => util.format(n, PhoneNumberFormat.NATIONAL)],
    ['national, bare', 'national', (n) => util.getNationalSignificantNumber(n)],
];

// What each text becomes, "-" = refused.
function read(region, form, texts) {
    const run = spawnSync(waypost, ['channel', 'number', '--country', region, '--form', form, '--', ...texts],
                          {encoding: 'utf8', maxBuffer: 1 << 24});
    const lines = run.stdout.split('\n').filter((line) => line !== '').map((line) => line.split('\t'));
    if (lines.length !== texts.length)
        throw new Error(`${region} ${form}: ${texts.length} numbers in, ${lines.length} out: ${run.stderr}`);
    return lines.map((line) => line[1]);
}

const table = [];
const wrong = [];

function count(row, region, form, numbers, texts) {
    if (numbers.length === 0)
        return;
    read(region, form, texts).forEach((got, i) => {
        const expected = key(numbers[i]);
        row.n++;
        if (got === expected)
            row.same++;
        else if (got === '-')
            row.refused++;
        else if (isValid(got))
            row.stranger++;
        else
            row.invalid++;
        if (got !== expected)
            wrong.push(`${row.name}: ${region} ${form} "${texts[i]}" is ${expected}, read ${got}` +
                       (got !== '-' && isValid(got) ? '  STRANGER' : ''));
    });
}

function row(name) {
    const made = {name, n: 0, same: 0, refused: 0, invalid: 0, stranger: 0};
    table.push(made);
    return made;
}

const regions = util.getSupportedRegions().sort();
const numbers = new Map(regions.map((region) => [region, numbersOf(region)]));
for (const [name, form, write] of FORMS) {
    const told = row(name), guessed = row(`${name}, not told which form`);
    for (const region of regions) {
        // A national number of Tajikistan may begin with 00, which is how international ones begin.
        const isWritten = (n) => form !== 'national' || !write(n).startsWith('00');
        const list = numbers.get(region).filter(isWritten), texts = list.map(write);
        count(told, region, form, list, texts);
        count(guessed, region, 'any', list, texts);
    }
}
const foreign = row('digits on a channel of another country');
const foreignAny = row('the same, not told which form');
const mobiles = regions.flatMap((region) => numbers.get(region).filter(isMobile).slice(0, 6));
for (const home of HOMES) {
    count(foreign, home, 'digits', mobiles, mobiles.map((n) => key(n).slice(1)));
    count(foreignAny, home, 'any', mobiles, mobiles.map((n) => key(n).slice(1)));
}

const total = [...numbers.values()].reduce((sum, list) => sum + list.length, 0);
console.log(`# ${regions.length} regions, ${total} numbers`);
console.log('#  ' + 'form'.padEnd(46) + ['numbers', 'same', 'refused', 'invalid', 'stranger'].map((w) => w.padStart(9)).join(''));
for (const r of table)
    console.log('#  ' + r.name.padEnd(46) + [r.n, r.same, r.refused, r.invalid, r.stranger].map((n) => String(n).padStart(9)).join(''));
if (process.env.VERBOSE)
    wrong.forEach((line) => console.log('# ' + line));
else
    wrong.filter((line) => line.endsWith('STRANGER')).slice(0, 20).forEach((line) => console.log('# ' + line));
const sure = table.filter((r) => !r.name.endsWith('which form'));
console.log(`strangers ${table.reduce((n, r) => n + r.stranger, 0)}`);
console.log(`lost ${sure.reduce((n, r) => n + r.refused + r.invalid, 0)}`);
