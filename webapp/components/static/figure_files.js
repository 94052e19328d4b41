// Figures as files, on white paper whatever the theme: images by plotly.js, and pages that hold plotly.js themselves.

import { el } from './dom.js';
import { load } from './figure.js';
import { home } from './home.js';

const WIDTH = 900; // pixels
const HEIGHT = 400; // of a figure that names no height
const PAPER = { paper_bgcolor: '#ffffff', plot_bgcolor: '#ffffff' };
const GRID = { gridcolor: '#e3e6ec', linecolor: '#9aa1ad', zerolinecolor: '#c3c8d1' };
const INK = '#16181d';

/** Save a figure as "png" or "svg". */
export async function saveImage({ data, layout = {} }, format, name) {
  const plotly = await load();
  await plotly.downloadImage({ data, layout: printed(layout) }, { format, width: WIDTH, height: layout.height || HEIGHT, scale: format === 'png' ? 2 : 1, filename: name });
}

/** Save a figure as a page that draws itself without a network. */
export async function savePage({ data, layout = {} }, title, name) {
  const response = await fetch(home('/client/plotly.min.js'));
  if (!response.ok) throw new Error('plotly.min.js cannot be loaded');
  const library = (await response.text()).replaceAll('</script', '<\\/script');
  const figure = harmless({ data, layout: printed(layout) });
  const draw = 'const { data, layout } = JSON.parse(document.getElementById("figure").textContent); Plotly.newPlot("box", data, layout, { displaylogo: false, responsive: true });';
  const parts = ['<!doctype html><html lang="en"><meta charset="utf-8"><title>', escaped(title), '</title><div id="box"></div><script type="application/json" id="figure">',
    figure, '</', 'script><script>', library, '</', 'script><script>', draw, '</', 'script></html>'];
  save(new Blob(parts, { type: 'text/html' }), `${name}.html`);
}

function printed(layout) {
  const axes = Object.entries(layout).filter(([name]) => /^[xy]axis\d*$/.test(name)).map(([name, own]) => [name, { ...GRID, ...own }]);
  return { ...layout, ...Object.fromEntries(axes), ...PAPER, font: { size: 13, ...layout.font, color: INK } };
}

/** JSON that cannot end the element it is in. */
function harmless(value) {
  return JSON.stringify(value).replaceAll('<', '\\u003c').replaceAll('>', '\\u003e').replaceAll('&', '\\u0026');
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function save(blob, name) {
  const address = URL.createObjectURL(blob);
  el('a', { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
