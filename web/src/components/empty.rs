//! What is shown before anything was opened.

use crate::client::assets::SAMPLES;
use yew::prelude::*;

/// Drop zone, what is read, samples. The callbacks ask for files or a folder, and open the sample
/// of a number.
pub fn empty(
    on_pick: &Callback<()>,
    on_pick_folder: &Callback<()>,
    on_sample: &Callback<usize>,
) -> Html {
    html! {
        <section class="empty" aria-label="Open a file">
            <div class="drop-zone" data-testid="drop-zone">
                <h1>{ "Drop a recording or a capture here" }</h1>
                <p>{ "Phone recordings (Record_….wav), WAVE files, pcap and pcapng, also gzipped. Files, folders or both." }</p>
                <div class="choices">
                    <button
                        type="button" class="button primary"
                        onclick={on_pick.reform(|_: MouseEvent| ())}
                    >
                        { "Choose files…" }
                    </button>
                    <button
                        type="button" class="button"
                        onclick={on_pick_folder.reform(|_: MouseEvent| ())}
                    >
                        { "Choose a folder…" }
                    </button>
                </div>
                <p class="quiet">{ "Nothing leaves this browser: once loaded, this page makes no network request." }</p>
            </div>
            <h2>{ "Or look at a sample" }</h2>
            <ul class="samples">
                { for SAMPLES.iter().enumerate().map(|(index, sample)| html! {
                    <li>
                        <button
                            type="button" class="sample" data-testid="sample" data-name={sample.name}
                            onclick={on_sample.reform(move |_: MouseEvent| index)}
                        >
                            <span class="sample-title">{ sample.title }</span>
                            <span class="quiet">{ sample.about }</span>
                        </button>
                    </li>
                }) }
            </ul>
        </section>
    }
}
