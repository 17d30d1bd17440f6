//! What components watch: a width, the player; and callbacks that stay the same.

use crate::audio::player::{Player, Sign};
use js_sys::Array;
use wasm_bindgen::prelude::*;
use web_sys::{Element, ResizeObserver};
use yew::prelude::*;

/// Width and height in px of the element at `node` less its scroll bars, now and whenever they
/// change; 0 before it is there.
#[hook]
pub fn use_size(node: &NodeRef) -> (f64, f64) {
    let size = use_state_eq(|| (0.0, 0.0));
    let setter = size.setter();
    use_effect_with(node.clone(), move |node| {
        let watched = node.cast::<Element>().and_then(|element| {
            let measured = element.clone();
            let measure = move || {
                let size = (measured.client_width(), measured.client_height());
                setter.set((f64::from(size.0), f64::from(size.1)));
            };
            measure();
            let on_resize = Closure::<dyn Fn(Array)>::new(move |_| measure());
            let observer = ResizeObserver::new(on_resize.as_ref().unchecked_ref()).ok()?;
            observer.observe(&element);
            Some((observer, on_resize))
        });
        move || {
            if let Some((observer, _)) = watched {
                observer.disconnect();
            }
        }
    });
    *size
}

/// A callback that stays the same while what it does may be another thing at each drawing: it does
/// the latest. A component that gets it is not drawn anew only because a closure was made anew.
#[hook]
pub fn use_steady<T: 'static, R: 'static>(callback: Callback<T, R>) -> Callback<T, R> {
    let latest = use_mut_ref(|| callback.clone());
    *latest.borrow_mut() = callback;
    let steady = use_memo((), |()| {
        Callback::from(move |value| {
            let callback = latest.borrow().clone();
            callback.emit(value)
        })
    });
    (*steady).clone()
}

/// The player's cursor in seconds; the component is drawn again whenever it moves.
#[hook]
pub fn use_position(player: &Player) -> f64 {
    let position = use_state_eq(|| player.position());
    let setter = position.setter();
    use_effect_with(player.clone(), move |player| {
        setter.set(player.position());
        let watched = player.clone();
        let listening = player.listen(Callback::from(move |_| setter.set(watched.position())));
        move || drop(listening)
    });
    *position
}

/// Draws the component again whenever the player's track, motion, speed or channels change.
#[hook]
pub fn use_player(player: &Player) {
    let redraw = use_force_update();
    use_effect_with(player.clone(), move |player| {
        let listening = player.listen(Callback::from(move |sign| {
            if sign == Sign::Changed {
                redraw.force_update();
            }
        }));
        move || drop(listening)
    });
}
