import('/client/comparison_view.js').then((client) => client.mount({ element, props, watch }));
