// Events: 'point_click'
load('plot_view').then((client) => client.mount({ element, props, trigger, watch }));
