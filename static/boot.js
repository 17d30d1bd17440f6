// Shows the page that the address asks for. Each page is a program of its own with a root of its
// own; only the root that is shown is in the document. Whatever either page may need is loaded
// before the body gets data-ready, so that no request is made afterwards.
const first = document.getElementById('app');
const second = first.cloneNode(true);
second.id = 'simulate';
const pages = {
  analyze: { name: 'app', root: first, needs: ['samples/call.pcap', 'samples/recording.wav'] },
  simulate: { name: 'simulate', root: second, needs: [] },
};

const loaded = new Map();
// The programs ask for what they need by this, too.
globalThis.recscopeLoad = path => {
  if (!loaded.has(path)) {
    loaded.set(path, fetch(path).then(response => {
      if (!response.ok) throw new Error(`${path}: ${response.status}`);
      return response.arrayBuffer();
    }));
  }
  return loaded.get(path);
};

const asked = () => location.hash.startsWith('#/simulate') ? 'simulate' : 'analyze';
let shown = 'analyze';

// What is taken out of the document forgets how far it was scrolled.
function swap(from, to) {
  from.scrolled = [...from.root.querySelectorAll('*')]
    .filter(element => element.scrollTop || element.scrollLeft)
    .map(element => [element, element.scrollTop, element.scrollLeft]);
  from.root.dispatchEvent(new Event('recscope-hidden'));
  from.root.replaceWith(to.root);
  for (const [element, top, left] of to.scrolled ?? []) element.scrollTo(left, top);
  to.root.dispatchEvent(new Event('recscope-shown'));
}

// `program` is where the WebAssembly comes from: the network, or memory.
async function start({ name, root }, program) {
  try {
    const ready = new Promise(resolve => root.addEventListener('recscope-ready', resolve));
    const { default: init } = await import(`./${name}.js`);
    await init({ module_or_path: await program });
    await ready;
  } catch (error) {
    const notice = root.querySelector('.boot p');
    if (notice) {
      notice.textContent =
        'Recscope could not start. It needs a browser with WebAssembly and module workers ' +
        '(Chrome, Edge, Firefox or Safari of the last two years). ' + error;
    }
    throw error;
  }
}

async function show(name) {
  const page = pages[name];
  if (name !== shown) {
    swap(pages[shown], page);
    shown = name;
  }
  page.started ??= start(page, globalThis.recscopeLoad(`${page.name}_bg.wasm`));
  await page.started;
}

addEventListener('hashchange', () => show(asked()).catch(() => {}));
// One page hands a file to the other.
addEventListener('recscope-hand-over', async ({ detail }) => {
  location.hash = '#/analyze';
  await show('analyze');
  pages.analyze.root.dispatchEvent(new CustomEvent('recscope-open', { detail }));
});

const opened = pages[asked()];
// Compiled while it arrives.
opened.started = start(opened, fetch(`${opened.name}_bg.wasm`));
const other = opened === pages.analyze ? pages.simulate : pages.analyze;
const [started] = await Promise.allSettled([
  show(asked()),
  import(`./${other.name}.js`),
  ...[`${other.name}.js`, `${other.name}_bg.wasm`, ...other.needs].map(globalThis.recscopeLoad),
]);
if (started.status === 'fulfilled') document.body.dataset.ready = 'true';
