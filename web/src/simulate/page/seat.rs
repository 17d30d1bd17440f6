//! Where one is: the scenario with all that is changed about it, and the step. The address bar
//! says the same.

use crate::simulate::address::{self, Change, use_address};
use crate::simulate::route::Route;
use gloo::timers::callback::Timeout;
use recscope_simulator::lesson::Setup;
use yew::prelude::*;

/// A place, and the ways to others.
pub(super) struct Seat {
    /// What is played, and the step that is shown.
    pub(super) route: Route,
    /// What makes no sense in the link that was followed.
    pub(super) wrong: Vec<String>,
    /// The ways.
    pub(super) go: Go,
}

/// Ways to other places.
#[derive(Clone, PartialEq)]
pub(super) struct Go {
    /// To another step of the same.
    pub(super) step: Callback<usize>,
    /// To the same step of another setup; Back leads here again.
    pub(super) setup: Callback<Setup>,
}

/// Browsers take so many changes of the address and no more; a run of steps is one.
const SETTLED_MS: u32 = 80;

/// Follows the address bar, and keeps it up to date.
#[hook]
pub(super) fn use_seat() -> Seat {
    let place = use_state_eq(|| Route::parse(&address::current().unwrap_or_default()));
    use_address({
        let place = place.setter();
        Callback::from(move |followed| place.set(followed))
    });
    use_effect_with(place.0.clone(), |route| {
        let route = route.clone();
        let settled = Timeout::new(SETTLED_MS, move || {
            if route.setup.is_some() {
                address::show(&route, Change::Replace);
            }
        });
        move || drop(settled)
    });
    let step = {
        let place = place.clone();
        Callback::from(move |step: usize| {
            let (route, wrong) = &*place;
            place.set((Route { step, ..route.clone() }, wrong.clone()));
        })
    };
    let setup = {
        let place = place.clone();
        Callback::from(move |setup: Setup| {
            let step = place.0.step;
            let route = Route { setup: Some(setup), step };
            // The entry that Back leads to is that of the step one is on.
            address::show(&place.0, Change::Replace);
            address::show(&route, Change::Push);
            place.set((route, Vec::new()));
        })
    };
    let (route, wrong) = (*place).clone();
    Seat { route, wrong, go: Go { step, setup } }
}
