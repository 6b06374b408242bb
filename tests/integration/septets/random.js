// random.js SEED gsm7|ucs2: a module of lessons whose texts are drawn from letters of one septet, of two, and of none,
// in lengths around where a part ends.
const [seed, alphabet] = process.argv.slice(2);
let state = Number(seed) >>> 0 || 1;
const draw = (n) => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0), Math.floor((state / 4294967296) * n));
const plain = [..."abcdefghijklmnopqrstuvwxyzABCXYZ0123456789äöüÄÖÜßéèùìòñÑåÅøØæÆÉ¡¿§£¥¤ΔΦΓΛΩΠΨΣΘΞ!?%()+,./:;'\""];
const double = [..."€{}~|^"];
const other = [..."яжщبتثهçşığ中かक"];
const words = (units) => {
  let text = "a";
  for (let n = 1; n < units; ) {
    const kind = draw(10);
    const from = alphabet === "ucs2" && kind < 3 ? other : alphabet === "gsm7" && kind < 2 ? double : plain;
    text += n % 7 === 6 ? " " : from[draw(from.length)];
    n += from === double && text.slice(-1) !== " " ? 2 : 1;
  }
  return text.trim() + "b" + (alphabet === "ucs2" ? "я" : "");
};
console.log("---\nmodule: m1\ntitle: M\nkind: lessons\nrequired: true\n---\n");
for (let i = 1; i <= 120; i++) {
  const room = alphabet === "ucs2" ? [45, 50, 95, 120] : [120, 130, 235, 270];
  console.log(`# m1l${i}: L\n<!-- source: nowhere [D] -->\n\n${words(room[i % 4] + draw(12))}\n`);
}
