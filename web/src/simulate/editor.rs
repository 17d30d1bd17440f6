//! A scenario as text: edited in the page, with what is wrong with it at its line.

use crate::components::icon::Icon;
use crate::download::{REFUSED, download};
use gloo::storage::{SessionStorage, Storage};
use gloo::timers::callback::Timeout;
use recscope_simulator::lesson::{Setup, Source};
use recscope_simulator::scenario::{self, Changes, Problem, Scenario};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{DragEvent, Element, File, HtmlInputElement, HtmlTextAreaElement};
use yew::prelude::*;

/// How long a writer has to pause before the text is checked.
const PAUSE_MS: u32 = 250;
/// The largest scenario file that is read; those of the catalogue are some thousand bytes.
const LARGEST: f64 = 1_000_000.0;
/// Under what a draft is kept.
const KEY: &str = "recscope-scenario";

/// A scenario of the user's own, as it is being written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// The file's name: `my-own.toml`.
    pub name: String,
    /// Its text.
    pub text: String,
}

impl Draft {
    /// The scenario of the catalogue, or the user's own, as it is.
    #[must_use]
    pub fn of(source: &Source) -> Self {
        match source {
            Source::Catalogue(id) => Self {
                name: format!("my-{id}.toml"),
                text: scenario::entry(id).map(|entry| entry.text.to_owned()).unwrap_or_default(),
            },
            Source::Own { name, text } => Self { name: name.clone(), text: text.clone() },
        }
    }

    /// As something to play.
    #[must_use]
    pub fn setup(&self) -> Setup {
        Setup::of(Source::Own { name: self.name.clone(), text: self.text.clone() })
    }

    /// The first thing that is wrong with it.
    #[must_use]
    pub fn problem(&self) -> Option<Problem> {
        Scenario::parse(&self.name, &self.text, &Changes::default()).err()
    }

    /// What was written last in this tab of the browser, also before the page was loaded again.
    #[must_use]
    pub fn kept() -> Option<Self> {
        let kept = SessionStorage::raw().get_item(KEY).ok().flatten()?;
        let (name, text) = kept.split_once('\n')?;
        Some(Self { name: name.to_owned(), text: text.to_owned() })
    }

    /// Keeps it as long as the tab is open. It leaves the browser as little as anything else.
    pub fn keep(&self) {
        // Where nothing can be kept, what is written lasts as long as the page.
        let _ = SessionStorage::raw().set_item(KEY, &format!("{}\n{}", self.name, self.text));
    }
}

/// Properties of [`Editor`].
#[derive(Properties, PartialEq)]
pub struct Props {
    /// What is written.
    pub draft: Draft,
    /// Called with every change.
    pub on_change: Callback<Draft>,
    /// Called when the scenario is to be played; nothing is wrong with it then.
    pub on_play: Callback<Draft>,
    /// Called when the editor is to be closed.
    pub on_close: Callback<()>,
}

/// The editor. A file that is dropped on it, or picked, takes the place of the text.
#[component]
pub fn Editor(props: &Props) -> Html {
    let trouble = use_state_eq(|| None::<AttrValue>);
    let (text, marks) = (use_node_ref(), use_node_ref());
    let checked = use_state_eq(|| (props.draft.clone(), props.draft.problem()));
    use_effect_with(props.draft.clone(), {
        let setter = checked.setter();
        move |draft| {
            let draft = draft.clone();
            let timer = Timeout::new(PAUSE_MS, move || {
                let problem = draft.problem();
                setter.set((draft, problem));
            });
            move || drop(timer)
        }
    });
    let (is_checked, problem) = (checked.0 == props.draft, checked.1.clone());
    let oninput = {
        let (draft, on_change) = (props.draft.clone(), props.on_change.clone());
        Callback::from(move |event: InputEvent| {
            let text = event.target_unchecked_into::<HtmlTextAreaElement>().value();
            on_change.emit(Draft { text, ..draft.clone() });
        })
    };
    let open = {
        let (on_change, trouble) = (props.on_change.clone(), trouble.setter());
        let opened = Callback::from(move |read: Result<Draft, String>| match read {
            Ok(draft) => {
                trouble.set(None);
                on_change.emit(draft);
            }
            Err(sentence) => trouble.set(Some(sentence.into())),
        });
        Callback::from(move |file: File| read(file, opened.clone()))
    };
    let onpick = {
        let open = open.clone();
        Callback::from(move |event: Event| {
            let input = event.target_unchecked_into::<HtmlInputElement>();
            if let Some(file) = input.files().and_then(|files| files.get(0)) {
                open.emit(file);
            }
            // The same file can then be picked again.
            input.set_value("");
        })
    };
    let ondrop = Callback::from(move |event: DragEvent| {
        let dropped = event.data_transfer().and_then(|data| data.files()?.get(0));
        if let Some(file) = dropped {
            event.prevent_default();
            event.stop_propagation();
            open.emit(file);
        }
    });
    let onscroll = {
        let marks = marks.clone();
        Callback::from(move |event: Event| follow(&marks, &event))
    };
    let save = {
        let (draft, trouble) = (props.draft.clone(), trouble.setter());
        Callback::from(move |_: MouseEvent| {
            let saved = download(&draft.name, &draft.text.as_str().into(), "application/toml");
            trouble.set(saved.err().map(|_| REFUSED.into()));
        })
    };
    let go_to = {
        let (text, problem) = (text.clone(), problem.clone());
        Callback::from(move |_: MouseEvent| {
            if let (Some(text), Some(problem)) = (text.cast::<HtmlTextAreaElement>(), &problem) {
                select_line(&text, problem.line);
            }
        })
    };
    let problem = problem.as_ref();
    let play = {
        let (draft, on_play) = (props.draft.clone(), props.on_play.clone());
        on_play.reform(move |_: MouseEvent| draft.clone())
    };
    html! {
        <section
            class="editor" aria-label="Own scenario" data-testid="editor"
            {ondrop} ondragover={|event: DragEvent| event.prevent_default()}
        >
            <div class="pane-tools">
                <h2>{ &props.draft.name }</h2>
                <label class="button file-button">
                    { "Open…" }
                    <input
                        type="file" accept=".toml,text/plain" data-testid="scenario-input"
                        aria-label="Open a scenario file" onchange={onpick}
                    />
                </label>
                <button type="button" class="button" data-testid="save-scenario" onclick={save}>
                    { Icon::Save.html() }{ "Save" }
                </button>
                <button
                    type="button" class="button primary" data-testid="play-scenario"
                    disabled={problem.is_some() || !is_checked} onclick={play}
                >
                    { "Play it" }
                </button>
                <button
                    type="button" class="button plain" aria-label="Close the editor"
                    data-testid="close-editor" onclick={props.on_close.reform(|_: MouseEvent| ())}
                >
                    { Icon::Close.html() }
                </button>
            </div>
            <div class="writing">
                <div class="marks" ref={marks} aria-hidden="true">
                    { marked(&props.draft.text, problem) }
                </div>
                <textarea
                    ref={text} spellcheck="false" autocomplete="off" autocapitalize="off" wrap="off"
                    aria-label="The scenario’s text" data-testid="scenario-text"
                    aria-invalid={problem.is_some().to_string()}
                    aria-describedby="scenario-problem"
                    value={props.draft.text.clone()} {oninput} {onscroll}
                />
            </div>
            <div id="scenario-problem" class="verdict" role="status">
                if let Some(sentence) = &*trouble {
                    <p class="trouble" data-testid="error">{ sentence }</p>
                }
                { match problem {
                    Some(problem) => html! {
                        <p
                            class="trouble" data-testid="scenario-problem"
                            data-line={problem.line.to_string()} data-column={problem.column.to_string()}
                        >
                            if problem.line > 0 {
                                <button type="button" class="button" onclick={go_to}>
                                    { format!("Line {}", problem.line) }
                                </button>
                                { " " }
                            }
                            { &problem.message }
                        </p>
                    },
                    None => html! { <p class="quiet">{ "No mistake was found." }</p> },
                } }
            </div>
        </section>
    }
}

/// Scrolls what lies behind the text to where the text is.
fn follow(marks: &NodeRef, event: &Event) {
    let Some(marks) = marks.cast::<Element>() else { return };
    let text = event.target_unchecked_into::<Element>();
    marks.set_scroll_top(text.scroll_top());
    marks.set_scroll_left(text.scroll_left());
}

/// The text once more, unseen behind itself: line numbers, and the problem behind its line.
fn marked(text: &str, problem: Option<&Problem>) -> Html {
    let line = |(index, line): (usize, &str)| {
        let here = problem.filter(|problem| problem.line == index + 1);
        html! {
            <div key={index} class={here.map(|_| "wrong")}>
                <span class="unseen">{ line }</span>
                { here.map(|problem| html! {
                    <span class="problem" data-testid="problem-at-line">
                        { format!("← {}", problem.message) }
                    </span>
                }) }
            </div>
        }
    };
    text.split('\n').enumerate().map(line).collect()
}

/// Reads a scenario file.
pub fn read(file: File, then: Callback<Result<Draft, String>>) {
    let name = file.name();
    if file.size() > LARGEST {
        then.emit(Err(format!("{name} is too large for a scenario")));
        return;
    }
    spawn_local(async move {
        let text = JsFuture::from(file.text()).await;
        then.emit(match text.map(|text| text.as_string()) {
            Ok(Some(text)) => Ok(Draft { name, text }),
            _ => Err(format!("{name} could not be read")),
        });
    });
}

/// Selects a line, counted from 1, and brings it into view.
fn select_line(text: &HtmlTextAreaElement, line: usize) {
    let value = text.value();
    let mut lines = value.split('\n');
    let before: usize =
        lines.by_ref().take(line.saturating_sub(1)).map(|line| units(line) + 1).sum();
    let length = lines.next().map_or(0, units);
    let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    // Only an element that is no longer in the page refuses.
    let _ = text.focus();
    let _ = text.set_selection_range(place(before), place(before + length));
    // Not every browser shows what is selected. All lines are of one height.
    let (line, lines) = (number(line.saturating_sub(1)), number(value.split('\n').count()));
    let top = text.scroll_height().saturating_mul(line) / lines.max(1);
    text.set_scroll_top(top - text.client_height() / 2);
}

fn number(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// The length of a text as the browser counts it.
fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_of_the_catalogue_is_a_draft_without_a_mistake() {
        let draft = Draft::of(&Source::Catalogue("mx-dynamic".to_owned()));
        assert_eq!(draft.name, "my-mx-dynamic.toml");
        assert_eq!(draft.problem(), None);
        assert_eq!(Draft::of(&draft.setup().source), draft);
    }

    #[test]
    fn a_mistake_has_its_line() {
        let mut draft = Draft::of(&Source::Catalogue("mx-dynamic".to_owned()));
        let line = draft.text.lines().count() + 2;
        draft.text.push_str("\n[[colour]]\n");
        assert_eq!(draft.problem().map(|problem| problem.line), Some(line));
    }

    #[test]
    fn lines_are_as_long_as_the_browser_counts_them() {
        assert_eq!([units("abc"), units("größe"), units("\u{1f4de}")], [3, 5, 2]);
    }
}
