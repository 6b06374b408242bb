// validate.js FILE: how many of its lines are xAPI statements for @learninglocker/xapi-validation; the first that is none.
const fs = require('fs');
const validate = require('@learninglocker/xapi-validation').default;
const lines = fs.readFileSync(process.argv[2], 'utf8').trim().split('\n');
const wrong = lines.find((line) => validate(JSON.parse(line)).length > 0);
console.log(wrong === undefined ? lines.length : `${wrong}: ${JSON.stringify(validate(JSON.parse(wrong)))}`);
