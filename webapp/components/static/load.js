// What stands before every component's own lines: behind a proxy this program may live below a path, which Gradio knows.
const load = (name) => import(`${new URL(window.gradio_config.root, location.href).pathname.replace(/\/$/, '')}/client/${name}.js`);
