import('/client/notice.js').then((client) => client.mount({ element, props, watch }));
