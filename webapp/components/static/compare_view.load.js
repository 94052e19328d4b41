// Events: 'baseline_change'
load('compare_view').then((client) => client.mount({ element, props, trigger, watch }));
