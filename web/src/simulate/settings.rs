//! What may be changed about a scenario: its settings as a form, and what goes wrong as a list.

use super::shown::Shown;
use super::symbol::Sign;
use recscope_simulator::lesson::Setup;
use recscope_simulator::scenario::{Kind, Setting};
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

/// Properties of [`Settings`].
#[derive(Properties, PartialEq)]
pub struct Props {
    /// What is stepped through.
    pub lesson: Shown,
    /// What it is made of.
    pub setup: Setup,
    /// Called with another one.
    pub on_setup: Callback<Setup>,
}

/// The form.
#[component]
pub fn Settings(props: &Props) -> Html {
    let Props { lesson, setup, on_setup } = props;
    let on_change = {
        let (setup, on_setup) = (setup.clone(), on_setup.clone());
        let defaults: Vec<_> =
            lesson.settings.iter().map(|s| (s.key.clone(), s.default.clone())).collect();
        Callback::from(move |(key, value): (String, String)| {
            on_setup.emit(changed(&setup, &defaults, key, value));
        })
    };
    let on_seed = {
        let (setup, on_setup, current) = (setup.clone(), on_setup.clone(), lesson.seed);
        Callback::from(move |event: Event| {
            let field = event.target_unchecked_into::<HtmlInputElement>();
            match field.value().trim().parse::<u64>() {
                Ok(seed) if seed != current => {
                    on_setup.emit(Setup { seed: Some(seed), ..setup.clone() });
                }
                Ok(_) => {}
                Err(_) => field.set_value(&current.to_string()),
            }
        })
    };
    html! {
        <form class="settings" aria-label="Settings" data-testid="settings"
            onsubmit={Callback::from(|event: SubmitEvent| event.prevent_default())}>
            { for lesson.settings.iter().map(|setting| html! {
                <Field key={setting.key.clone()} setting={Box::new(setting.clone())} on_change={on_change.clone()} />
            }) }
            <div class="setting">
                <label for="setting-seed">{ "Seed" }</label>
                <input
                    id="setting-seed" type="number" min="0" value={lesson.seed.to_string()}
                    data-testid="setting" data-key="seed" onchange={on_seed}
                />
                <p class="quiet">{ "All chance comes from it: the same seed gives the same run." }</p>
            </div>
        </form>
    }
}

/// A setup with one setting changed; what is as the scenario has it is not mentioned.
#[must_use]
pub fn changed(setup: &Setup, defaults: &[(String, String)], key: String, value: String) -> Setup {
    let mut set: Vec<_> = setup.set.iter().filter(|(known, _)| *known != key).cloned().collect();
    let is_default = defaults.iter().any(|(known, default)| *known == key && *default == value);
    if !is_default {
        set.push((key, value));
    }
    Setup { set, ..setup.clone() }
}

/// Properties of [`Field`].
#[derive(Properties, PartialEq)]
struct FieldProps {
    setting: Box<Setting>,
    on_change: Callback<(String, String)>,
}

/// A setting as a field; what it does not take is refused beside it.
#[component]
fn Field(props: &FieldProps) -> Html {
    let setting = &props.setting;
    let trouble = use_state_eq(|| None::<String>);
    use_effect_with(setting.value.clone(), {
        let trouble = trouble.setter();
        move |_| trouble.set(None)
    });
    let take = {
        let (trouble, on_change, setting) =
            (trouble.setter(), props.on_change.clone(), setting.clone());
        Callback::from(move |value: String| match setting.kind.check(&value) {
            Ok(()) => {
                trouble.set(None);
                if value != setting.value {
                    on_change.emit((setting.key.clone(), value));
                }
            }
            Err(sentence) => trouble.set(Some(sentence)),
        })
    };
    let id = format!("setting-{}", setting.key);
    let hint_id = format!("{id}-hint");
    let onchange = take.reform(|event: Event| {
        event.target_unchecked_into::<HtmlInputElement>().value().trim().to_owned()
    });
    let input = match &setting.kind {
        Kind::Choice(choices) => choice(&id, setting, choices.iter().map(String::as_str), &take),
        Kind::Switch => {
            let onchange = take.reform(|event: Event| {
                event.target_unchecked_into::<HtmlInputElement>().checked().to_string()
            });
            html! {
                <input
                    {id} type="checkbox" checked={setting.value == "true"}
                    data-testid="setting" data-key={setting.key.clone()} {onchange}
                />
            }
        }
        kind => html! {
            <input
                {id} type="text" value={setting.value.clone()} autocomplete="off" spellcheck="false"
                inputmode={matches!(kind, Kind::Integer { .. }).then_some("numeric")}
                aria-invalid={trouble.is_some().to_string()} aria-describedby={hint_id.clone()}
                data-testid="setting" data-key={setting.key.clone()} {onchange}
            />
        },
    };
    let is_changed = setting.value != setting.default;
    html! {
        <div class={classes!("setting", is_changed.then_some("changed"))}>
            <label for={format!("setting-{}", setting.key)}>{ &setting.label }</label>
            { input }
            <p class="quiet" id={hint_id}>
                { hint(setting) }
                if is_changed {
                    <button
                        type="button" class="button plain" title="As the scenario has it"
                        onclick={ {
                            let (on_change, setting) = (props.on_change.clone(), setting.clone());
                            Callback::from(move |_: MouseEvent| {
                                on_change.emit((setting.key.clone(), setting.default.clone()));
                            })
                        } }
                    >
                        { Sign::Reset.html() }{ format!("{} again", setting.default) }
                    </button>
                }
            </p>
            { (*trouble).as_ref().map(|sentence| html! {
                <p class="trouble" role="alert" data-testid="error">{ sentence }</p>
            }) }
        </div>
    }
}

fn choice<'a>(
    id: &str,
    setting: &Setting,
    choices: impl Iterator<Item = &'a str>,
    take: &Callback<String>,
) -> Html {
    let onchange =
        take.reform(|event: Event| event.target_unchecked_into::<HtmlSelectElement>().value());
    html! {
        <select id={id.to_owned()} data-testid="setting" data-key={setting.key.clone()} {onchange}>
            { for choices.map(|choice| html! {
                <option value={choice.to_owned()} selected={setting.value == choice}>{ choice }</option>
            }) }
        </select>
    }
}

/// What a setting is about, and which values it takes.
#[must_use]
pub fn hint(setting: &Setting) -> String {
    let range = |least: Option<String>, most: Option<String>| match (least, most) {
        (Some(least), Some(most)) => format!("{least} to {most}"),
        (Some(least), None) => format!("at least {least}"),
        (None, Some(most)) => format!("at most {most}"),
        (None, None) => String::new(),
    };
    let values = match &setting.kind {
        Kind::Duration { min, max } => range(min.clone(), max.clone()),
        Kind::Integer { min, max } => {
            range(min.map(|min| min.to_string()), max.map(|max| max.to_string()))
        }
        Kind::Size => "a size, such as 20KB or 64MB".to_owned(),
        Kind::Switch | Kind::Choice(_) | Kind::Text => String::new(),
    };
    let parts = [setting.hint.as_str(), values.as_str()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// Properties of [`Disturbances`].
#[derive(Properties, PartialEq)]
pub struct DisturbancesProps {
    /// What is stepped through.
    pub lesson: Shown,
    /// What it is made of.
    pub setup: Setup,
    /// Called with another one.
    pub on_setup: Callback<Setup>,
}

/// All that is otherwise than the scenario has it, each to be taken back, or all at once.
#[component]
pub fn Disturbances(props: &DisturbancesProps) -> Html {
    let DisturbancesProps { lesson, setup, on_setup } = props;
    if setup.faults.is_empty() && setup.set.is_empty() && setup.seed.is_none() {
        return Html::default();
    }
    let to = |next: Setup| on_setup.reform(move |_: MouseEvent| next.clone());
    let chip = |testid: &'static str, text: String, value: String, next: Setup| {
        html! {
            <li class="chip" key={format!("{testid}-{value}")} data-testid={testid} data-value={value.clone()}>
                <span>{ text }</span>
                <button
                    type="button" class="button plain" aria-label={format!("Take back {value}")}
                    title="Take it back" onclick={to(next)}
                >
                    { Sign::Close.html() }
                </button>
            </li>
        }
    };
    let faults = setup.faults.iter().enumerate().map(|(index, fault)| {
        let mut faults = setup.faults.clone();
        faults.remove(index);
        chip("fault", fault.clone(), fault.clone(), Setup { faults, ..setup.clone() })
    });
    let settings = setup.set.iter().map(|(key, value)| {
        let label = lesson.settings.iter().find(|s| s.key == *key).map_or(key, |s| &s.label);
        let set = setup.set.iter().filter(|(known, _)| known != key).cloned().collect();
        chip("set", format!("{label}: {value}"), key.clone(), Setup { set, ..setup.clone() })
    });
    let seed = setup.seed.map(|seed| {
        chip(
            "seed",
            format!("Seed {seed}"),
            "seed".to_owned(),
            Setup { seed: None, ..setup.clone() },
        )
    });
    html! {
        <ul class="disturbances" aria-label="Changed on purpose">
            { for faults }{ for settings }{ seed }
            <li>
                <button
                    type="button" class="button" data-testid="reset" title="As the scenario has it"
                    onclick={to(Setup::of(setup.source.clone()))}
                >
                    { Sign::Reset.html() }{ "Reset" }
                </button>
            </li>
            <li class="quiet" data-testid="difference-summary">{ summary(lesson) }</li>
        </ul>
    }
}

/// How much is different from the undisturbed run.
#[must_use]
pub fn summary(lesson: &Shown) -> String {
    use recscope_simulator::lesson::Mark;
    let Some(difference) = &lesson.difference else { return String::new() };
    let count = |mark: Mark| difference.marks.iter().filter(|known| **known == mark).count();
    let parts = [
        (count(Mark::New), "new"),
        (count(Mark::Changed), "changed"),
        (count(Mark::Moved), "at another time"),
        (difference.missing.len(), "missing"),
    ];
    let parts: Vec<_> = parts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    match parts.as_slice() {
        [] => "No step is different from the undisturbed run.".to_owned(),
        _ => format!("Steps: {}.", parts.join(", ")),
    }
}
