// count.js FILE: what gift-pegjs finds in a GIFT file, a line for each kind, and each right option.
const { readFileSync } = require("fs");
const { parse } = require("gift-pegjs");
const counts = {};
for (const item of parse(readFileSync(process.argv[2], "utf8"))) {
  counts[item.type] = (counts[item.type] || 0) + 1;
  if (item.type === "MC")
    console.log(item.title, item.choices.filter((c) => c.isCorrect).map((c) => c.text.text).join("|"));
}
for (const type of Object.keys(counts).sort()) console.log("#", type, counts[type]);
