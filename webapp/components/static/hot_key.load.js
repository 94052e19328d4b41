// Gradio sends a text box's value when typing stops for a moment: leaving the box sends it before the click.
document.addEventListener('keydown', (event) => {
  const { within, press } = props.value;
  if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
  if (!event.target.closest(`#${within}`)) return;
  event.preventDefault();
  const button = document.getElementById(press);
  (button?.querySelector('button') || button)?.click();
});
