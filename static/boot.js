// Starts the app, or says why it cannot.
import init from './app.js';

try {
  await init({ module_or_path: './app_bg.wasm' });
} catch (error) {
  const notice = document.querySelector('#boot p');
  if (notice) {
    notice.textContent =
      'Recscope could not start. It needs a browser with WebAssembly and module workers ' +
      '(Chrome, Edge, Firefox or Safari of the last two years). ' + error;
  }
}
