//! The Analyze page: files at the left, views in the middle, the inspector at the right, the
//! player at the foot.

mod keys;
mod opening;

use crate::audio::{Player, Track};
use crate::client::Client;
use crate::client::answer::{Asked, use_answer};
use crate::components::empty::empty;
use crate::components::file_list::FileList;
use crate::components::flow_view::FlowView;
use crate::components::inspector::Inspector;
use crate::components::message_table::MessageTable;
use crate::components::player_bar::PlayerBar;
use crate::components::quality::quality;
use crate::components::tabs::{Tab, tab_id, tabs};
use crate::components::waveform::Waveforms;
use crate::files::{
    Change, Files, Part, Selection, audio_request, flow_scope, has_legs, streams_of,
};
use crate::frame::{Page, use_hidden, use_ready};
use crate::protocol::{Answer, FileId, Question, Summary};
use crate::same::Same;
use keys::{Keys, use_keys};
use opening::{Opening, use_opening};
use recscope_analyzer::AudioRequest;
use std::rc::Rc;
use web_sys::File;
use yew::prelude::*;

/// Properties of [`Analyze`].
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The way to the worker.
    pub client: Client,
    /// The samples, in the order of `SAMPLES`.
    pub samples: Rc<Vec<File>>,
    /// Called when the keys are to be shown.
    pub on_help: Callback<()>,
}

/// The page.
#[component]
pub fn Analyze(props: &Props) -> Html {
    let client = props.client.clone();
    let files = use_reducer(Files::default);
    let player = (*use_memo((), |()| Player::default())).clone();
    let tab = use_state_eq(|| Tab::Flow);
    let message = use_state_eq(|| None::<usize>);

    use_effect_with(client.clone(), {
        let files = files.dispatcher();
        move |client| {
            client.listen(Callback::from(move |(file, event)| {
                files.dispatch(Change::Happened(file, event));
            }));
        }
    });
    let open = {
        let (client, files) = (client.clone(), files.dispatcher());
        Callback::from(move |chosen: Vec<File>| {
            for file in chosen {
                files.dispatch(Change::opened(&file, client.open(file.clone())));
            }
        })
    };
    let Opening { input, pick, pick_folder, is_over } = use_opening(&open);
    let on_close = {
        let (client, files) = (client.clone(), files.dispatcher());
        Callback::from(move |file: FileId| {
            client.close(file);
            files.dispatch(Change::Closed(file));
        })
    };
    let selected = files.selected();
    use_effect_with(selected.as_ref().map(|(selection, _)| selection.file), {
        let message = message.setter();
        move |_| message.set(None)
    });
    let on_select = {
        let (files, message) = (files.dispatcher(), message.setter());
        Callback::from(move |selection: Selection| {
            message.set(None);
            files.dispatch(Change::Selected(selection));
        })
    };
    let request = selected.as_ref().and_then(|(Selection { file, part }, summary)| {
        Some((*file, audio_request(summary, *part)?))
    });
    let refusal = use_sound(&client, &player, request);
    let enabled = enabled_tabs(selected.as_ref().map(|(_, summary)| &**summary));
    let shown = if enabled.contains(&tab) { *tab } else { Tab::Audio };
    use_keys(Keys {
        player: player.clone(),
        enabled: enabled.clone(),
        on_tab: tab_setter(&tab),
        on_close_message: close_message(&message),
        on_pick: pick.clone(),
        on_help: props.on_help.clone(),
    });

    use_hidden(Page::Analyze, {
        let player = player.clone();
        Callback::from(move |()| player.pause())
    });
    use_ready(Page::Analyze);

    html! {
        <main class={classes!("analyze", is_over.then_some("over"))}>
            { input }
            if files.entries.is_empty() {
                { empty(&pick, &pick_folder, &sample_opener(&props.samples, &open)) }
            } else {
                <div class="panes">
                    <h1 class="spoken">{ "Open files" }</h1>
                    <FileList
                        files={Rc::new((*files).clone())} {on_select} {on_close} on_pick={pick}
                    />
                    <div class="middle">
                        { tabs(shown, &enabled, &tab_setter(&tab)) }
                        <div
                            class="view" id="view" role="tabpanel" aria-labelledby={tab_id(shown)}
                        >
                            { selected.as_ref().map_or_else(|| nothing_yet(&files), |(selection, summary)| {
                                let message_setter = message.setter();
                                view(&View {
                                    client: &client,
                                    tab: shown,
                                    selection: *selection,
                                    summary,
                                    message: *message,
                                    refusal,
                                    player: &player,
                                    on_message: Callback::from(move |index| {
                                        message_setter.set(Some(index));
                                    }),
                                })
                            }) }
                        </div>
                    </div>
                    { selected.map_or_else(
                        || html! { <aside class="inspector" aria-label="Inspector" data-testid="inspector" /> },
                        |(selection, summary)| html! {
                            <Inspector
                                client={client.clone()} {selection} {summary} message={*message}
                                on_close={close_message(&message)}
                            />
                        },
                    ) }
                </div>
            }
            <PlayerBar {player} />
        </main>
    }
}

/// What stands where the views would be.
fn nothing_yet(files: &Files) -> Html {
    let sentence = if files.is_reading() {
        "What is found shows here once the file is read."
    } else {
        "Nothing here could be read: the list of files says why."
    };
    html! { <p class="notice">{ sentence }</p> }
}

fn tab_setter(tab: &UseStateHandle<Tab>) -> Callback<Tab> {
    let tab = tab.setter();
    Callback::from(move |open| tab.set(open))
}

fn close_message(message: &UseStateHandle<Option<usize>>) -> Callback<()> {
    let message = message.setter();
    Callback::from(move |()| message.set(None))
}

fn sample_opener(samples: &Rc<Vec<File>>, open: &Callback<Vec<File>>) -> Callback<usize> {
    let (samples, open) = (samples.clone(), open.clone());
    Callback::from(move |index: usize| open.emit(samples.get(index).cloned().into_iter().collect()))
}

fn enabled_tabs(summary: Option<&Summary>) -> Vec<Tab> {
    let is_recording = summary.is_some_and(|summary| summary.report.recording.is_some());
    Tab::ALL.into_iter().filter(|tab| !is_recording || tab.is_for_recordings()).collect()
}

/// Loads what `request` names into the player; tells why it cannot be heard, if so.
#[hook]
fn use_sound(
    client: &Client,
    player: &Player,
    request: Option<(FileId, AudioRequest)>,
) -> Option<AttrValue> {
    let question = request.map(|(file, request)| (file, Question::Audio(request)));
    let asked = use_answer(client, question);
    use_effect_with(request, {
        let player = player.clone();
        move |_| player.load(Rc::default())
    });
    use_effect_with(asked.clone(), {
        let player = player.clone();
        move |asked| {
            let track = match asked {
                Asked::Answered(answer) => match &answer.0 {
                    Answer::Audio(sound) => Track::from_answer(sound, &answer.1),
                    _ => return,
                },
                _ => Track::default(),
            };
            player.load(Rc::new(track));
        }
    });
    match asked {
        Asked::Refused(sentence) => Some(sentence),
        _ => None,
    }
}

struct View<'a> {
    client: &'a Client,
    tab: Tab,
    selection: Selection,
    summary: &'a Same<Summary>,
    message: Option<usize>,
    refusal: Option<AttrValue>,
    player: &'a Player,
    on_message: Callback<usize>,
}

/// What the open tab shows.
fn view(view: &View<'_>) -> Html {
    let Selection { file, part } = view.selection;
    let report = &view.summary.report;
    let stem = stem(&report.file.name, part);
    let client = view.client.clone();
    match view.tab {
        Tab::Flow => html! {
            <FlowView
                {client} {file} scope={flow_scope(view.summary, part)} {stem} message={view.message}
                has_legs={has_legs(view.summary, part)}
                on_message={view.on_message.clone()} player={view.player.clone()}
            />
        },
        Tab::Messages => html! {
            <MessageTable
                {client} {file} call={if let Part::Call(call) = part { Some(call) } else { None }}
                origin={report.capture.as_ref().and_then(|capture| capture.first).unwrap_or(0.0)}
                message={view.message} on_message={view.on_message.clone()}
            />
        },
        Tab::Audio => match audio_request(view.summary, part) {
            Some(request) => html! {
                <Waveforms
                    {client} {file} {request} {stem} refusal={view.refusal.clone()}
                    gaps={Rc::new(report.recording.as_ref().map(|r| r.gaps.clone()).unwrap_or_default())}
                    player={view.player.clone()}
                />
            },
            None => html! { <p class="notice">{ "There is no media here to be heard." }</p> },
        },
        Tab::Quality => {
            quality(&client, file, view.summary, &streams_of(view.summary, part), view.player)
        }
    }
}

/// A name for what is saved of `part` of the file `name`.
fn stem(name: &str, part: Part) -> String {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    match part {
        Part::Whole => stem.to_owned(),
        Part::Call(call) => format!("{stem}-call-{call}"),
        Part::Stream(stream) => format!("{stem}-stream-{stream}"),
        Part::Session(session) => format!("{stem}-recording-{session}"),
        Part::Transaction(transaction) => format!("{stem}-transaction-{transaction}"),
    }
}
