// Charts beside the tables of a page: each is drawn from the very cells that stand in its table, so
// both say the same. Without this script the tables are all there is. Nothing comes from the network.
"use strict";

const MAX_SERIES = 8; // more lines than that nobody can tell apart
const COLOURS = ["--a", "--b", "--c", "--d"];
const DASHES = [[], [8, 4], [2, 3], [8, 3, 2, 3]];

const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const svg = (name, attributes) => {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const key in attributes) node.setAttribute(key, attributes[key]);
  return node;
};

// A cell's figure; null where there is none, or where it is hidden: then the line has a gap.
function figure(cell) {
  const text = cell.textContent.trim();
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : null;
}

// The table as {columns: [{name, isPlotted, isNumber}], rows: [[cell]]}.
function read(table) {
  const heads = [...table.tHead.rows[0].cells];
  return {
    columns: heads.map((h) => ({
      name: h.textContent,
      isPlotted: h.hasAttribute("data-plot"),
      isNumber: h.classList.contains("n"),
    })),
    rows: [...table.tBodies[0].rows].map((r) => [...r.cells]),
  };
}

// What a row is about, beside its first column: the texts in front of its first figure.
function about(data, row, from) {
  const words = [];
  for (let i = from; i < data.columns.length && !data.columns[i].isNumber; i++) words.push(row[i].textContent);
  return words.join(", ");
}

const plotted = (data) => data.columns.map((c, i) => (c.isPlotted ? i : -1)).filter((i) => i >= 0);

// Periods to the right. One line for each measure, or, where rows are of several groups, one line
// for each group, of the first measure.
function time(data) {
  const measures = plotted(data);
  const groups = [...new Set(data.rows.map((r) => about(data, r, 1)))];
  const days = [...new Set(data.rows.map((r) => r[0].textContent))].sort();
  if (days.length < 2 || !/^\d{4}-/.test(days[0])) return null;
  const line = (group, i) =>
    days.map((d) => {
      const row = data.rows.find((r) => r[0].textContent === d && about(data, r, 1) === group);
      return row ? figure(row[i]) : null;
    });
  const series =
    groups.length === 1
      ? measures.map((i) => ({ name: data.columns[i].name, values: line(groups[0], i) }))
      : groups.map((g) => ({ name: g, values: line(g, measures[0]) }));
  return {
    x: days.map((d) => Date.parse(d + "T00:00:00Z") / 1000),
    isTime: true,
    title: groups.length === 1 ? "" : data.columns[measures[0]].name + ", ",
    series,
  };
}

// A bar for each row and measure.
function bars(data) {
  const name = (r) => (data.columns[0].isNumber ? "" : r[0].textContent);
  const rest = data.rows.length > 1 ? [...new Set(data.rows.map(name))].length < data.rows.length : false;
  return {
    x: data.rows.map((_, i) => i),
    labels: data.rows.map((r) => (rest ? about(data, r, 0) : name(r))),
    isBars: true,
    title: "",
    series: plotted(data).map((i) => ({ name: data.columns[i].name, values: data.rows.map((r) => figure(r[i])) })),
  };
}

// Measures to the right, one after the other: bars for one row, a line for each of several.
function steps(data) {
  const measures = plotted(data);
  return {
    x: measures.map((_, i) => i),
    labels: measures.map((i) => data.columns[i].name),
    isBars: data.rows.length === 1,
    title: "",
    series: data.rows.map((r) => ({ name: about(data, r, 0) || "All", values: measures.map((i) => figure(r[i])) })),
  };
}

const kinds = { time, bars, steps };

function style(i) {
  return { stroke: css(COLOURS[i % 4]), dash: DASHES[Math.floor(i / 4 + i) % 4] };
}

function legend(chart, unit) {
  const list = document.createElement("ul");
  list.className = "legend";
  chart.series.forEach((s, i) => {
    const item = document.createElement("li");
    const mark = svg("svg", { width: chart.isBars ? 14 : 30, height: 12, "aria-hidden": "true" });
    const { stroke, dash } = style(i);
    mark.append(
      chart.isBars
        ? svg("rect", { x: 1, y: 1, width: 12, height: 10, fill: stroke })
        : svg("line", { x1: 0, y1: 6, x2: 30, y2: 6, stroke, "stroke-width": 3, "stroke-dasharray": dash.join(" ") }),
    );
    item.append(mark, s.name);
    list.append(item);
  });
  const what = document.createElement("p");
  what.className = "note";
  what.textContent = "Shown: " + chart.title + unit + (chart.nLeft > 0 ? ". " + chart.nLeft + " more groups stand in the table only" : "") + ".";
  return chart.series.length > 1 ? [list, what] : [what];
}

// Each measure counts a part of the people of the one before it: its bar stands within that one's.
const barPaths = (i) => uPlot.paths.bars({ size: [0.8 - 0.25 * i] });

function options(chart, width) {
  const ink = css("--ink");
  const axis = { stroke: ink, grid: { stroke: css("--soft"), width: 1 }, ticks: { stroke: css("--line") }, font: "13px system-ui, sans-serif" };
  const longest = Math.max(0, ...(chart.labels || []).map((l) => l.length));
  const room = (width - 60) / chart.x.length;
  const isTurned = chart.labels && longest * 7 > room;
  const isTime = Boolean(chart.isTime);
  return {
    width,
    height: 260 + (isTurned ? Math.min(longest, 14) * 6 : 0),
    tzDate: (s) => uPlot.tzDate(new Date(s * 1000), "UTC"),
    legend: { show: false },
    cursor: { show: false },
    scales: { x: isTime ? { time: true } : { time: false, range: [-0.5, chart.x.length - 0.5] }, y: { range: (u, min, max) => [0, max > 0 ? max * 1.08 : 1] } },
    axes: [
      isTime
        ? { ...axis, values: (u, splits) => splits.map((t) => DAY.format(new Date(t * 1000))), space: 70 }
        : {
            ...axis,
            grid: { show: false },
            splits: chart.x,
            rotate: isTurned ? -60 : 0,
            size: isTurned ? 30 + Math.min(longest, 14) * 6 : 30,
            values: (u, splits) => splits.map((i) => label(chart.labels[i], i, isTurned, room)),
          },
      { ...axis, size: 60 },
    ],
    series: [
      {},
      ...chart.series.map((s, i) => ({
        label: s.name,
        ...style(i),
        width: 2,
        spanGaps: false,
        ...(chart.isBars
          ? { dash: [], fill: style(i).stroke, width: 0, paths: barPaths(i), points: { show: false } }
          : { points: { show: true, size: 7 } }),
      })),
    ],
  };
}

// Where there is no room for all, every second or third place has its name.
function label(text, i, isTurned, room) {
  if (text === undefined || i % Math.ceil(16 / room) !== 0) return "";
  return text.length > 14 && isTurned ? text.slice(0, 13) + "\u2026" : text;
}

function draw(node) {
  const table = node.parentElement.querySelector("table[data-report]");
  const chart = kinds[node.dataset.chart](read(table));
  if (chart === null || chart.x.length === 0 || chart.series.every((s) => s.values.every((v) => v === null))) {
    node.remove();
    return;
  }
  chart.nLeft = Math.max(0, chart.series.length - MAX_SERIES);
  chart.series = chart.series.slice(0, MAX_SERIES);
  const canvas = document.createElement("div");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", node.parentElement.querySelector("h2").textContent + ": a chart of the table below");
  node.replaceChildren(canvas, ...legend(chart, node.dataset.unit));
  const plot = (width) => {
    canvas.replaceChildren();
    new uPlot(options(chart, width), [chart.x, ...chart.series.map((s) => s.values)], canvas);
  };
  let width = 0;
  const fit = (wanted) => {
    if (wanted > 0 && wanted !== width) plot((width = wanted));
  };
  fit(Math.min(node.clientWidth, 900));
  addEventListener("resize", () => fit(Math.min(node.clientWidth, 900)));
  const again = (paper) => () => plot(paper ? Math.min(width, 680) : width); // colours and width of what it is shown on
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again(false));
  addEventListener("beforeprint", again(true));
  addEventListener("afterprint", again(false));
}

if (window.uPlot) document.querySelectorAll(".chart").forEach(draw);
