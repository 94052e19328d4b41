// One part of a comparison: how to read it, its figure and its table, and both as files.

import { el, fill } from './dom.js';
import { EvidenceTable } from './evidence_table.js';
import { Figure } from './figure.js';
import { saveImage, savePage } from './figure_files.js';

const BESIDE = 7; // columns of a table that fits beside its figure
const STEPS = ['right->right', 'right->wrong', 'wrong->right', 'wrong->wrong']; // the columns after the first

/**
 * A part as a section. `file` is the address of its table; `step(side, step)` is
 * called for a cell of the transition table; `controls` stand below the head.
 */
export function partSection(part, { file, controls = null, step = null }) {
  const { key, title, reading, why, said, figure, table } = part;
  return el('section.st-part', { ariaLabel: title, data: { part: key } },
    el('div.st-parthead', {}, el('h3', {}, title), el('span.st-files', {}, ...figureFiles(part), ...tableFiles(table, file))),
    controls, said.length ? el('ul.st-said', {}, ...said.map((sentence) => el('li.st-contained', {}, sentence))) : null, reading ? el('p.st-dim', {}, reading) : null, why ? el('p.st-why', {}, why) : null,
    el(figure && table && table.columns.length <= BESIDE ? 'div.st-beside' : 'div.st-below', {}, figure ? figureBox(figure, title) : null, table ? tableBox(key, table, title, step) : null));
}

function figureBox(figure, title) {
  const box = el('div.st-plot', { role: 'figure', ariaLabel: title });
  const drawing = new Figure(box);
  drawing.show(figure).catch((error) => drawing.clear(`The figure cannot be drawn: ${error.message}`));
  return box;
}

function figureFiles({ key, title, figure }) {
  if (!figure) return [];
  const button = (text, save, about) => {
    const node = el('button.st-link', { type: 'button', title: about, ariaLabel: `${text}: ${title}`, onclick: async () => {
      node.disabled = true;
      try { await save(); } catch (error) { node.title = `It cannot be written: ${error.message}`; fill(node, `${text} failed`); }
      node.disabled = false;
    } }, text);
    return node;
  };
  return [
    button('PNG', () => saveImage(figure, 'png', key), 'The figure as an image of pixels'),
    button('SVG', () => saveImage(figure, 'svg', key), 'The figure as a drawing'),
    button('HTML', () => savePage(figure, title, key), 'The figure as a page of its own that opens without this program'),
  ];
}

function tableFiles(table, file) {
  return table ? filesOf(file, 'CSV', 'Parquet', 'The table with every digit') : [];
}

/** Links to a table as both kinds of file. */
export function filesOf(file, csv, parquet, title) {
  return [
    el('a.st-link', { href: file, download: '', title }, csv),
    el('a.st-link', { href: `${file}&format=parquet`, download: '', title }, parquet),
  ];
}

function tableBox(key, table, title, step) {
  const grid = new EvidenceTable(table, title, () => {});
  if (key === 'transitions' && step) linked(grid, table, step);
  return grid.node;
}

/** Make the counts of the transition table lead to the runs behind them, however the table is sorted. */
function linked(grid, table, step) {
  const plain = grid.row.bind(grid);
  grid.row = (at) => {
    const row = plain(at);
    STEPS.forEach((name, i) => {
      const count = table.rows[at][i + 1];
      if (!count) return;
      fill(row.children[i + 1], el('button.st-link.st-counted', { type: 'button', ariaLabel: `Show the ${count} runs of ${table.rows[at][0]} that went ${name.replace('->', ' to ')}`, onclick: () => step(at, name) }, String(count)));
    });
    return row;
  };
  grid.draw();
}
