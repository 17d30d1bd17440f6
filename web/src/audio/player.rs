//! Plays a track and owns the time cursor.

use super::stretch::{Stretch, scaled};
use super::track::{Pan, Track, frames_as_f64};
use super::voice::Voice;
pub use super::voice::{Audibility, Strip};
use gloo::render::{AnimationFrame, request_animation_frame};
use gloo::timers::callback::Interval;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use yew::Callback;

/// Whether time passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    /// The cursor stands.
    Paused,
    /// The cursor moves and sound is heard.
    Playing,
}

/// What a listener is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// The cursor is somewhere else.
    Moved,
    /// Anything else: track, motion, speed, a channel.
    Changed,
}

/// Seconds of sound queued ahead: enough for a tab in the background, where timers run once a
/// second.
const AHEAD: f64 = 3.0;

/// Seconds of a queued block.
const BLOCK: f64 = 0.25;

/// Seconds between pressing play and the first sound.
const LEAD: f64 = 0.03;

/// The player; clones are the same one.
#[derive(Clone, Default)]
pub struct Player {
    inner: Rc<Inner>,
}

impl PartialEq for Player {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.inner, &other.inner)
    }
}

#[derive(Default)]
struct Inner {
    deck: RefCell<Deck>,
    listeners: RefCell<Vec<(u32, Callback<Sign>)>>,
    next_listener: Cell<u32>,
}

struct Deck {
    track: Rc<Track>,
    strips: Vec<Strip>,
    speed: f64,
    /// The cursor while paused.
    position: f64,
    voice: Option<Voice>,
    run: Option<Run>,
}

/// What goes on while playing.
struct Run {
    /// On the voice's clock, and where in the track that was.
    began: (f64, f64),
    /// Up to where sound is queued, on the voice's clock.
    queued_to: f64,
    feed: Feed,
    _timer: Interval,
    _frame: AnimationFrame,
}

enum Feed {
    Plain { next: usize },
    Stretched { stretch: Stretch, end: f64 },
    Done,
}

impl Default for Deck {
    fn default() -> Self {
        Self {
            track: Rc::default(),
            strips: Vec::new(),
            speed: 1.0,
            position: 0.0,
            voice: None,
            run: None,
        }
    }
}

impl Deck {
    fn position(&self) -> f64 {
        match (&self.run, &self.voice) {
            (Some(run), Some(voice)) => {
                let (time, position) = run.began;
                let passed = (voice.now() - time).max(0.0) * self.speed;
                (position + passed).min(self.track.duration())
            }
            _ => self.position,
        }
    }

    /// Queues sound until enough of it is ahead.
    fn feed(&mut self) {
        let (Some(run), Some(voice)) = (&mut self.run, &mut self.voice) else { return };
        while run.queued_to - voice.now() < AHEAD {
            let blocks = run.feed.block(&self.track);
            let frames = blocks.first().map_or(0, Vec::len);
            if frames == 0 || voice.queue(run.queued_to, &blocks).is_err() {
                return;
            }
            run.queued_to += frames_as_f64(frames) / f64::from(self.track.sample_rate);
        }
    }
}

impl Feed {
    /// The next samples of every channel; empty at the end.
    fn block(&mut self, track: &Track) -> Vec<Vec<f32>> {
        let length = track.frame_at(BLOCK);
        match self {
            Self::Done => Vec::new(),
            Self::Plain { next } => {
                let frames = *next..(*next + length).min(track.frames());
                *next = frames.end;
                let scale = |samples: Vec<i16>| samples.into_iter().map(scaled).collect();
                track.lanes.iter().map(|lane| scale(lane.samples(frames.clone()))).collect()
            }
            Self::Stretched { stretch, end } => {
                let source = |channel: usize, frames: std::ops::Range<usize>| {
                    track.lanes.get(channel).map_or(Vec::new(), |lane| lane.samples(frames))
                };
                let mut blocks = vec![Vec::new(); track.lanes.len()];
                while blocks.first().is_some_and(|block| block.len() < length)
                    && stretch.position() < *end
                {
                    for (block, part) in blocks.iter_mut().zip(stretch.hop(source)) {
                        block.extend(part);
                    }
                }
                if stretch.position() >= *end {
                    *self = Self::Done;
                }
                blocks
            }
        }
    }
}

impl Player {
    /// Puts `track` in the place of what was loaded, paused at its beginning.
    pub fn load(&self, track: Rc<Track>) {
        let count = track.lanes.len();
        let strip =
            |index| Strip { audibility: Audibility::Heard, pan: Pan::at_first(index, count) };
        let mut deck = self.inner.deck.borrow_mut();
        *deck = Deck {
            strips: (0..count).map(strip).collect(),
            track,
            speed: deck.speed,
            ..Deck::default()
        };
        drop(deck);
        self.signal(Sign::Changed);
    }

    /// What is loaded; without channels when nothing is.
    #[must_use]
    pub fn track(&self) -> Rc<Track> {
        self.inner.deck.borrow().track.clone()
    }

    /// How the channels are heard.
    #[must_use]
    pub fn strips(&self) -> Vec<Strip> {
        self.inner.deck.borrow().strips.clone()
    }

    /// Whether it plays.
    #[must_use]
    pub fn motion(&self) -> Motion {
        if self.inner.deck.borrow().run.is_some() { Motion::Playing } else { Motion::Paused }
    }

    /// The cursor, in seconds from the track's beginning.
    #[must_use]
    pub fn position(&self) -> f64 {
        self.inner.deck.borrow().position()
    }

    /// How fast it plays; 1 is as recorded.
    #[must_use]
    pub fn speed(&self) -> f64 {
        self.inner.deck.borrow().speed
    }

    /// Plays, or pauses.
    pub fn toggle(&self) {
        match self.motion() {
            Motion::Playing => self.pause(),
            Motion::Paused => self.play(),
        }
    }

    /// Plays on from the cursor; from the beginning when it stands at the end.
    pub fn play(&self) {
        let position = self.position();
        let at_end = position >= self.track().duration() - 0.001;
        self.run_from(if at_end { 0.0 } else { position });
        self.signal(Sign::Changed);
    }

    /// Pauses where it is.
    pub fn pause(&self) {
        let mut deck = self.inner.deck.borrow_mut();
        deck.position = deck.position();
        deck.run = None;
        if let Some(voice) = &mut deck.voice {
            voice.hush();
        }
        drop(deck);
        self.signal(Sign::Changed);
    }

    /// Moves the cursor to `seconds`, within the track.
    pub fn seek(&self, seconds: f64) {
        let seconds = seconds.clamp(0.0, self.track().duration());
        match self.motion() {
            Motion::Playing => self.run_from(seconds),
            Motion::Paused => self.inner.deck.borrow_mut().position = seconds,
        }
        self.signal(Sign::Moved);
    }

    /// Plays at `speed` from now on, at the same pitch.
    pub fn set_speed(&self, speed: f64) {
        let position = self.position();
        self.inner.deck.borrow_mut().speed = speed;
        if self.motion() == Motion::Playing {
            self.run_from(position);
        }
        self.signal(Sign::Changed);
    }

    /// Changes how channel `index` is heard.
    pub fn set_strip(&self, index: usize, strip: Strip) {
        let mut deck = self.inner.deck.borrow_mut();
        if let Some(place) = deck.strips.get_mut(index) {
            *place = strip;
        }
        if let Some(voice) = &deck.voice {
            voice.set(index, strip);
        }
        drop(deck);
        self.signal(Sign::Changed);
    }

    /// Calls `listener` until the result is dropped.
    #[must_use]
    pub fn listen(&self, listener: Callback<Sign>) -> Listening {
        let number = self.inner.next_listener.get();
        self.inner.next_listener.set(number.wrapping_add(1));
        self.inner.listeners.borrow_mut().push((number, listener));
        Listening { player: self.clone(), number }
    }

    fn signal(&self, sign: Sign) {
        let listeners = self.inner.listeners.borrow().clone();
        for (_, listener) in listeners {
            listener.emit(sign);
        }
    }

    fn run_from(&self, position: f64) {
        let mut deck = self.inner.deck.borrow_mut();
        let deck = &mut *deck;
        if deck.track.lanes.is_empty() {
            return;
        }
        if deck.voice.is_none() {
            deck.voice = Voice::new(deck.track.sample_rate, &deck.strips).ok();
        }
        let Some(voice) = &mut deck.voice else { return };
        voice.hush();
        voice.resume();
        let start = deck.track.frame_at(position);
        let rate = f64::from(deck.track.sample_rate);
        // On a whole frame, so that blocks join without a gap.
        let began = ((voice.now() + LEAD) * rate).ceil() / rate;
        #[allow(clippy::float_cmp, reason = "set to exactly this value")]
        let feed = if deck.speed == 1.0 {
            Feed::Plain { next: start }
        } else {
            let channels = deck.track.lanes.len();
            Feed::Stretched {
                stretch: Stretch::new(deck.track.sample_rate, channels, deck.speed, start),
                end: frames_as_f64(deck.track.frames()),
            }
        };
        let player = self.clone();
        deck.run = Some(Run {
            began: (began, position),
            queued_to: began,
            feed,
            _timer: Interval::new(200, move || player.inner.deck.borrow_mut().feed()),
            _frame: self.next_frame(),
        });
        deck.feed();
    }

    fn next_frame(&self) -> AnimationFrame {
        let player = self.clone();
        request_animation_frame(move |_| player.tick())
    }

    /// Once per picture: the cursor has moved, and may have come to the end.
    fn tick(&self) {
        let mut deck = self.inner.deck.borrow_mut();
        let at_end = deck.position() >= deck.track.duration();
        let Some(run) = &mut deck.run else { return };
        run._frame = self.next_frame();
        drop(deck);
        if at_end {
            self.pause();
        }
        self.signal(Sign::Moved);
    }
}

/// Being told by a [`Player`]; ends when dropped.
pub struct Listening {
    player: Player,
    number: u32,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.player.inner.listeners.borrow_mut().retain(|(number, _)| *number != self.number);
    }
}
