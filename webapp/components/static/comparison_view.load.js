load('comparison_view').then((client) => client.mount({ element, props, watch }));
