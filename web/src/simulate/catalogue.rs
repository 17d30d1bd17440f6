//! The scenarios that come with the program, grouped by document and method, with a search.

use recscope_simulator::scenario::{Changes, Method, Scenario, Source, catalogue};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement};
use yew::prelude::*;

/// A scenario in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its id: `mx-dynamic`.
    pub id: &'static str,
    /// Its headline.
    pub title: String,
    /// One sentence.
    pub summary: String,
    /// What a search looks through.
    words: String,
}

/// Scenarios of one document and method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The document.
    pub source: Source,
    /// The method.
    pub method: Method,
    /// The scenarios, in the documents' order.
    pub entries: Vec<Entry>,
}

/// All scenarios, in groups.
#[must_use]
pub fn groups() -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for entry in catalogue() {
        // What comes with the program can be read: tests see to it.
        let Ok(scenario) = entry.scenario(&Changes::default()) else { continue };
        let (source, method) = (scenario.source, scenario.method);
        let entry = Entry::of(entry.id, scenario);
        match groups.iter_mut().find(|group| (group.source, group.method) == (source, method)) {
            Some(group) => group.entries.push(entry),
            None => groups.push(Group { source, method, entries: vec![entry] }),
        }
    }
    groups
}

impl Entry {
    fn of(id: &'static str, scenario: Scenario) -> Self {
        let Scenario { title, summary, narration, script, .. } = scenario;
        let said = narration.into_iter().map(|said| (said.say, said.rule));
        let said =
            said.chain(script.into_iter().map(|step| (step.say.unwrap_or_default(), step.rule)));
        let mut words = format!("{id} {title} {summary}");
        for (say, rule) in said {
            words.push(' ');
            words.push_str(&say);
            words.push(' ');
            words.push_str(rule.map_or("", |rule| rule.id));
        }
        Self { id, title, summary, words: words.to_ascii_lowercase() }
    }

    /// Whether all words of a search, in lower case, occur in what it is about.
    #[must_use]
    pub fn matches(&self, search: &str) -> bool {
        search.split_whitespace().all(|word| self.words.contains(word))
    }
}

impl Group {
    /// What the group is called.
    #[must_use]
    pub const fn title(&self) -> &'static str {
        match self.method {
            Method::Local => "Recording to USB",
            Method::Server => "Record server",
            Method::Info => "SIP INFO",
            Method::Active => "Active recording",
            Method::OnDemand => "Record on demand",
        }
    }

    /// Which phones it is about.
    #[must_use]
    pub const fn source_title(&self) -> &'static str {
        match self.source {
            Source::Bx => "BX",
            Source::Mx => "MX",
        }
    }
}

/// Properties of [`Catalogue`].
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The scenarios.
    pub groups: Rc<Vec<Group>>,
    /// The one that is open.
    pub open: Option<AttrValue>,
}

/// The list.
#[component]
pub fn Catalogue(props: &Props) -> Html {
    let search = use_state_eq(AttrValue::default);
    let list = use_node_ref();
    let oninput = {
        let search = search.setter();
        Callback::from(move |event: InputEvent| {
            let text = event.target_unchecked_into::<HtmlInputElement>().value();
            search.set(text.trim().to_ascii_lowercase().into());
        })
    };
    let onkeydown = {
        let list = list.clone();
        Callback::from(move |event: KeyboardEvent| {
            let step = match event.key().as_str() {
                "ArrowDown" => 1,
                "ArrowUp" => -1,
                _ => return,
            };
            if list.cast::<Element>().is_some_and(|list| move_focus(&list, step)) {
                event.prevent_default();
                event.stop_propagation();
            }
        })
    };
    use_effect_with((list.clone(), props.open.clone()), |(list, open)| {
        let row = open
            .as_ref()
            .and_then(|_| list.cast::<Element>()?.query_selector("[aria-current]").ok().flatten());
        if let (Some(row), Some(list)) = (row, list.cast::<HtmlElement>()) {
            reveal(&list, &row.unchecked_into());
        }
    });
    let found = |group: &Group| {
        let entries = group.entries.iter().filter(|entry| entry.matches(&search));
        entries.cloned().collect::<Vec<_>>()
    };
    let shown: Vec<_> = props.groups.iter().map(|group| (group, found(group))).collect();
    let count: usize = shown.iter().map(|(_, entries)| entries.len()).sum();
    html! {
        <nav class="catalogue" aria-label="Scenarios" {onkeydown}>
            <div class="pane-tools">
                <input
                    type="search" class="filter" placeholder="Search scenarios"
                    aria-label="Search scenarios" data-testid="scenario-search" {oninput}
                />
            </div>
            <div class="scroller" ref={list} tabindex="-1">
                { for shown.iter().filter(|(_, entries)| !entries.is_empty()).map(|(group, entries)| {
                    html! {
                        <section class="scenario-group" key={group.title()}>
                            <h2>
                                <span class="source">{ group.source_title() }</span>
                                { group.title() }
                            </h2>
                            <ul>{ for entries.iter().map(|entry| row(entry, props.open.as_deref())) }</ul>
                        </section>
                    }
                }) }
                if count == 0 {
                    <p class="notice" role="status">
                        { "No scenario has all of these words. Try one: UPDATE, USB, MX-S9, power." }
                    </p>
                }
            </div>
        </nav>
    }
}

fn row(entry: &Entry, open: Option<&str>) -> Html {
    let is_open = open == Some(entry.id);
    html! {
        <li key={entry.id}>
            <a
                class={classes!("scenario", is_open.then_some("chosen"))}
                href={format!("#/simulate/{}", entry.id)}
                aria-current={is_open.then_some("true")}
                data-testid="scenario-row" data-id={entry.id}
            >
                <span class="scenario-title">{ &entry.title }</span>
                <span class="scenario-summary">{ &entry.summary }</span>
                <span class="scenario-id">{ entry.id }</span>
            </a>
        </li>
    }
}

/// Focuses the next or the previous scenario; from the search, the first.
fn move_focus(list: &Element, step: i32) -> bool {
    let Ok(rows) = list.query_selector_all("a") else { return false };
    let focused = list.query_selector("a:focus").ok().flatten();
    let here = (0..rows.length())
        .find(|index| focused.is_some() && rows.get(*index).as_ref() == focused.as_deref());
    let next = match here {
        Some(here) => here.checked_add_signed(step),
        None => Some(0),
    };
    let next = next.and_then(|next| rows.get(next)).map(JsCast::unchecked_into::<HtmlElement>);
    next.is_some_and(|row| row.focus().is_ok())
}

/// Scrolls a row into sight, and nothing else: the page itself stays.
fn reveal(list: &HtmlElement, row: &HtmlElement) {
    let (list_box, row_box) = (list.get_bounding_client_rect(), row.get_bounding_client_rect());
    if row_box.top() < list_box.top() || row_box.bottom() > list_box.bottom() {
        let down = row_box.top() - list_box.top() - list_box.height() / 3.0;
        #[allow(clippy::cast_possible_truncation, reason = "a screen's height")]
        list.set_scroll_top(list.scroll_top() + down as i32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_is_in_a_group_of_its_document_and_method() {
        let groups = groups();
        let listed: usize = groups.iter().map(|group| group.entries.len()).sum();
        assert_eq!(listed, catalogue().len());
        let titles: Vec<_> = groups.iter().map(|g| (g.source_title(), g.title())).collect();
        assert_eq!(
            titles,
            [
                ("BX", "Recording to USB"),
                ("BX", "Record server"),
                ("BX", "SIP INFO"),
                ("MX", "Active recording"),
                ("MX", "Record on demand"),
            ]
        );
        for group in groups {
            for entry in group.entries {
                assert!(entry.id.starts_with(group.source.name()), "{}", entry.id);
            }
        }
    }

    #[test]
    fn a_search_looks_for_all_words_in_titles_stories_and_rules() {
        let groups = groups();
        let found = |search: &str| -> Vec<&str> {
            let entries = groups.iter().flat_map(|group| &group.entries);
            entries.filter(|entry| entry.matches(search)).map(|entry| entry.id).collect()
        };
        assert!(found("mx-s9").contains(&"mx-multiple-invite"));
        assert!(found("usb full").contains(&"bx-local-usb-full"));
        assert!(!found("usb").contains(&"mx-dynamic"));
        assert_eq!(found("").len(), catalogue().len());
        assert!(found("no such words").is_empty());
    }
}
