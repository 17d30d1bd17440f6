//! What both pages have around them: navigation, the promise of privacy, theme, help; and how a
//! page knows that it is the one that is shown.
//!
//! Each page is a program of its own with a root element of its own. `boot.js` puts the one that
//! the address asks for into the document and takes the other out, with all that is in it; so a
//! page keeps what it shows while one looks at the other.

use crate::components::icon::Icon;
use crate::theme::Theme;
use gloo::events::EventListener;
use gloo::utils::document;
use web_sys::{Element, Event};
use yew::prelude::*;

/// A page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// Files are opened and looked at.
    Analyze,
    /// Scenarios are played.
    Simulate,
}

impl Page {
    /// The id of its root element.
    const fn root_id(self) -> &'static str {
        match self {
            Self::Analyze => "app",
            Self::Simulate => "simulate",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Analyze => "Analyze",
            Self::Simulate => "Simulate",
        }
    }

    const fn link(self) -> &'static str {
        match self {
            Self::Analyze => "#/analyze",
            Self::Simulate => "#/simulate",
        }
    }

    /// Its root element, while it is the page that is shown. What listens to the whole window
    /// asks first.
    #[must_use]
    pub fn root(self) -> Option<Element> {
        document().get_element_by_id(self.root_id())
    }

    /// Whether it is the page that is shown.
    #[must_use]
    pub fn is_shown(self) -> bool {
        self.root().is_some()
    }

    /// Says in the place of the page why it cannot be used.
    pub fn excuse(self, sentence: &str) {
        let notice = self.root().and_then(|root| root.query_selector(".boot p").ok().flatten());
        if let Some(notice) = notice {
            notice.set_text_content(Some(sentence));
        }
    }
}

/// Tells `boot.js` that the page can be used. To be called after everything that listens.
#[hook]
pub fn use_ready(page: Page) {
    use_effect_with((), move |()| {
        let event = Event::new("recscope-ready");
        if let (Some(root), Ok(event)) = (page.root(), event) {
            // Fails only for an event that is under way already.
            let _ = root.dispatch_event(&event);
        }
    });
}

/// Calls `rest` when the other page takes the place of this one.
#[hook]
pub fn use_hidden(page: Page, rest: Callback<()>) {
    let latest = use_mut_ref(|| rest.clone());
    *latest.borrow_mut() = rest;
    // Once, as long as the page is shown for sure.
    use_effect_with((), move |()| {
        let listener = page.root().map(|root| {
            EventListener::new(&root, "recscope-hidden", move |_| {
                let rest = latest.borrow().clone();
                rest.emit(());
            })
        });
        move || drop(listener)
    });
}

/// Properties of [`Header`].
#[derive(Properties, PartialEq)]
pub struct Props {
    /// The page it stands on.
    pub page: Page,
    /// Called when the keys are to be shown.
    pub on_help: Callback<()>,
}

/// The bar at the top.
#[component]
pub fn Header(props: &Props) -> Html {
    let page = props.page;
    let theme = use_state_eq(Theme::remembered);
    use_effect_with((), {
        // The other page has a switch, too.
        let theme = theme.setter();
        move |()| {
            let listener = page.root().map(|root| {
                EventListener::new(&root, "recscope-shown", move |_| {
                    theme.set(Theme::remembered());
                })
            });
            move || drop(listener)
        }
    });
    let switch = {
        let theme = theme.clone();
        Callback::from(move |_: MouseEvent| {
            let next = theme.next();
            next.apply();
            theme.set(next);
        })
    };
    html! {
        <header class="bar">
            <span class="brand">{ "Recscope" }</span>
            <nav aria-label="Pages">
                { for [Page::Analyze, Page::Simulate].map(|other| html! {
                    <a href={other.link()} aria-current={(other == page).then_some("page")}>
                        { other.title() }
                    </a>
                }) }
            </nav>
            <span class="privacy quiet">{ "Nothing leaves this browser" }</span>
            <button
                type="button" class="button plain" data-testid="theme"
                title={format!("Theme: {}; press for {}", theme.name(), theme.next().name())}
                aria-label={format!("Theme: {}", theme.name())} onclick={switch}
            >
                { Icon::Theme.html() }
                <span class="theme-name">{ theme.name() }</span>
            </button>
            <button
                type="button" class="button plain" aria-label="Keys" title="Keys (?)"
                onclick={props.on_help.reform(|_: MouseEvent| ())}
            >
                { "?" }
            </button>
        </header>
    }
}
