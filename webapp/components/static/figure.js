// Draws plotly figures in the page's colours: transparent, redrawn when the theme changes, as wide as their box.

import { el, fill } from './dom.js';

const CONFIG = { displaylogo: false, modeBarButtonsToRemove: ['lasso2d', 'select2d'] };
const IMAGE = { format: 'png', scale: 2, filename: 'second-thoughts' };
const HEIGHT = 360; // pixels of a figure that names no height: plotly would take that of the empty box
const drawn = new Set();
let library = null;

/** A box for one figure at a time; `clicked(point)` is called for a click on a point. */
export class Figure {
  constructor(box, clicked = () => {}) {
    this.box = box;
    this.clicked = clicked;
    this.figure = null;
    this.width = 0;
    new ResizeObserver(() => this.resized()).observe(box);
  }

  /** Draw a figure `{data, layout}` if it is still `wanted()`; its zoom stays if its `layout.uirevision` does. */
  async show(figure, wanted = () => true) {
    const plotly = await load();
    if (!wanted()) return; // something newer came while plotly.js was on its way
    const first = !this.figure;
    if (first) fill(this.box);
    this.figure = figure;
    this.box.ariaLabel = figure.layout?.title?.text || this.box.ariaLabel || 'Chart';
    await this.react(plotly);
    drawn.add(this);
    if (first) this.box.on('plotly_click', (event) => this.clicked(event.points[0]));
  }

  /** Take the figure away and say why. */
  clear(sentence) {
    if (this.figure) globalThis.Plotly.purge(this.box); // its listeners go with it
    this.figure = null;
    drawn.delete(this);
    fill(this.box, el('p.st-dim.st-contained', {}, sentence));
  }

  react(plotly) {
    const { data, layout = {} } = this.figure;
    this.dark = isDark();
    this.width = this.box.clientWidth;
    return plotly.react(this.box, data, themed(layout, this.box), { ...CONFIG, toImageButtonOptions: IMAGE });
  }

  /** Draw again in other colours, if the theme is another. */
  restyle() {
    if (isDark() !== this.dark) this.react(globalThis.Plotly);
  }

  resized() {
    const width = this.box.clientWidth;
    if (!this.figure || !width || width === this.width) return; // nothing is drawn, or nobody sees it
    this.width = width;
    globalThis.Plotly.Plots.resize(this.box);
  }
}

function isDark() {
  return document.body.classList.contains('dark');
}

/** The layout with the colours of the page; what the figure set itself stays. */
function themed(layout, box) {
  const style = getComputedStyle(box);
  const ink = style.color;
  const line = style.getPropertyValue('--st-line').trim() || 'rgba(128,128,128,.3)';
  const axis = { gridcolor: line, linecolor: line, zerolinecolor: line, tickcolor: line };
  const axes = Object.fromEntries(Object.entries(layout).filter(([name]) => /^[xy]axis\d*$/.test(name)).map(([name, own]) => [name, { ...axis, ...own }]));
  return {
    uirevision: 'keep', height: HEIGHT, ...layout, xaxis: { ...axis, ...layout.xaxis }, yaxis: { ...axis, ...layout.yaxis }, ...axes,
    paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)', font: { family: style.fontFamily, size: 13, ...layout.font, color: ink },
    modebar: { bgcolor: 'rgba(0,0,0,0)', color: line, activecolor: ink }, // else plotly puts half a black box there
    hoverlabel: { bgcolor: style.getPropertyValue('--st-card').trim(), bordercolor: line, font: { color: ink }, ...layout.hoverlabel },
  };
}

/** Load plotly.js once a page, when there is something to draw. */
export function load() {
  library ||= new Promise((resolve, reject) => {
    const script = el('script', { src: '/client/plotly.min.js' });
    script.onload = () => { followTheme(); resolve(globalThis.Plotly); };
    script.onerror = () => { library = null; reject(new Error('plotly.min.js cannot be loaded')); };
    document.head.append(script);
  });
  return library;
}

function followTheme() {
  new MutationObserver(() => {
    for (const figure of drawn) {
      if (figure.box.isConnected) figure.restyle();
      else drawn.delete(figure);
    }
  }).observe(document.body, { attributes: true, attributeFilter: ['class'] });
}
