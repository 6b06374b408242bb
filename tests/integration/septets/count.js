// count.js FILE...: each SMS and each USSD screen of a transcript (`waypost lessons preview --transcript`), its
// alphabet, length and SMS parts as it says them, and as two packages count them. Prints a line for each difference.
const { readFileSync } = require("fs");
const { SegmentedMessage } = require("sms-segments-calculator");
const { split } = require("split-sms");

// "-- SMS, 271 septets, 2 SMS" or "-- USSD, 154 septets, page 2 of 2", and the text up to what follows.
const mark = /^-- (SMS|USSD), (\d+) (septets|UCS-2 units), (?:(\d+) SMS|page .*)$/;
const ends = /^(-- (SMS|USSD), |> |======== )/;

function texts(file) {
  const found = [];
  const lines = readFileSync(file, "utf8").split("\n");
  for (let i = 0; i < lines.length; i++) {
    const said = mark.exec(lines[i]);
    if (!said) continue;
    const from = i + 1;
    while (i + 1 < lines.length && !ends.test(lines[i + 1])) i++;
    const text = lines.slice(from, i + 1);
    if (/^(> |=)/.test(lines[i + 1])) text.pop(); // the blank line in front of it
    found.push({ file, line: from, units: +said[2], isGsm: said[3] === "septets", parts: said[4] && +said[4], text: text.join("\n") });
  }
  return found;
}

// Twilio's: bits without the header of each part.
function twilio(text) {
  const message = new SegmentedMessage(text, "auto", false);
  return { isGsm: message.encodingName === "GSM-7", units: message.messageSize / (message.encodingName === "GSM-7" ? 7 : 16), parts: message.segmentsCount };
}

function splitSms(text) {
  const info = split(text, { summary: false });
  const isGsm = info.characterSet === "GSM";
  return { isGsm, units: isGsm ? info.parts.reduce((n, part) => n + part.bytes, 0) : info.parts.reduce((n, part) => n + part.length, 0), parts: info.parts.length };
}

const all = process.argv.slice(2).flatMap(texts);
let nWrong = 0;
for (const said of all) {
  for (const [name, count] of [["sms-segments-calculator", twilio], ["split-sms", splitSms]]) {
    const found = count(said.text);
    if (found.isGsm === said.isGsm && found.units === said.units && (!said.parts || found.parts === said.parts)) continue;
    nWrong++;
    console.log(`${said.file}:${said.line}: ${said.units} ${said.isGsm ? "septets" : "units"}, ${said.parts} parts; ${name}: ${JSON.stringify(found)}`);
  }
}
console.log("texts", all.length, "UCS-2", all.filter((said) => !said.isGsm).length, "wrong", nWrong);
