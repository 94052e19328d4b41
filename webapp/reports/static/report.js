// Draws the figures of a report on its white paper; what they hold was computed when it was written.
const GRID = { gridcolor: '#e3e6ec', linecolor: '#9aa1ad', zerolinecolor: '#c3c8d1' };
const figures = JSON.parse(document.getElementById('figures').textContent);

function printed(layout) {
  const axes = Object.entries(layout).filter(([name]) => /^[xy]axis\d*$/.test(name)).map(([name, own]) => [name, { ...GRID, ...own }]);
  return { ...layout, ...Object.fromEntries(axes), paper_bgcolor: '#fff', plot_bgcolor: '#fff', font: { size: 13, ...layout.font, color: '#16181d' } };
}

for (const box of document.querySelectorAll('[data-figure]')) {
  const { data, layout } = figures[Number(box.dataset.figure)];
  globalThis.Plotly.newPlot(box, data, printed(layout), { displaylogo: false, responsive: true });
}
