import('/client/arms_form.js').then((client) => client.mount({ element, props, watch }));
