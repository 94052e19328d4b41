// Events: none
import('/client/annotate_view.js').then((client) => client.mount({ element }));
