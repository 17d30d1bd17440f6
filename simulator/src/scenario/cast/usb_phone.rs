//! `type = "usb-phone"`: the parts of a phone that record to its drive and play from it, alone.

use super::{Context, Drive, Fields, Part, Problem};
use crate::actor::Role;
use recscope_core::codec::Codec;
use recscope_core::machine::{Diagram, Input, Machine, Outbox, Output, State, TimeoutReason};
use recscope_core::phone::local::{self, LocalRecorder, LocalState};
use recscope_core::phone::model::Model;
use recscope_core::phone::playback::{self, PlaybackState, Player};
use recscope_core::recording::RtpHeaders;
use recscope_core::time::Instant;
use recscope_flow::ActorKind;
use std::convert::Infallible;
use std::time::Duration;

/// The size of its drive unless the scenario says otherwise.
const DRIVE: u64 = 64_000_000;

#[derive(Clone, Debug)]
struct UsbPhone {
    config: local::Config,
    recorder: LocalRecorder,
    player: Player,
    outbox: Outbox,
}

/// What its user can do.
enum Order {
    Local(local::Command),
    Play(playback::Command),
}

pub(super) fn read(table: &mut Fields<'_, '_>, context: &Context) -> Result<Part, Problem> {
    let usual = local::Config::default();
    let model = table.with("model", |name| {
        Model::find(name).ok_or_else(|| format!("{name:?} is no model: write BX5S or BX4"))
    })?;
    let headers = [("present", RtpHeaders::Present), ("absent", RtpHeaders::Absent)];
    let config = local::Config {
        seed: context.seed,
        epoch_seconds: context.epoch_seconds,
        model: model.unwrap_or(usual.model),
        codec: table.text("codec")?.map_or(usual.codec, |text| text.value),
        packet_time: table.duration("packet_time")?.unwrap_or(usual.packet_time),
        rtp_headers: table.choice("rtp_headers", &headers)?.unwrap_or(usual.rtp_headers),
        size_limit: table.size("size_limit")?.unwrap_or(usual.size_limit),
        minimum_free: table.size("minimum_free")?.unwrap_or(usual.minimum_free),
        local_port: table.port("local_port")?.unwrap_or(usual.local_port),
    };
    Ok(Part {
        actor: Box::new(UsbPhone {
            recorder: LocalRecorder::new(config.clone()),
            player: Player::new(playback::Config::default()),
            config,
            outbox: Outbox::default(),
        }),
        kind: ActorKind::Phone,
        power_words: [None, None],
        drive: Some(Drive::new(DRIVE)),
    })
}

impl UsbPhone {
    fn record(&mut self, now: Instant, input: Input<'_, local::Command>) {
        self.recorder.handle_input(now, input).unwrap_or_else(|never| match never {});
        while let Some(output) = self.recorder.poll_output() {
            self.outbox.push(output);
        }
    }

    fn play(&mut self, now: Instant, input: Input<'_, playback::Command>) {
        self.player.handle_input(now, input).unwrap_or_else(|never| match never {});
        while let Some(output) = self.player.poll_output() {
            self.outbox.push(output);
        }
    }
}

impl Machine for UsbPhone {
    type Command = Order;
    type Misuse = Infallible;

    fn handle_input(&mut self, now: Instant, input: Input<'_, Order>) -> Result<(), Infallible> {
        use recscope_core::machine::StorageEvent::{Data, Failed, Opened};
        match input {
            Input::Command(Order::Local(command)) => self.record(now, Input::Command(command)),
            Input::Command(Order::Play(command)) => self.play(now, Input::Command(command)),
            // Answers go to the part that has the file; what is about the drive, to both.
            Input::Storage(Opened { file, .. } | Data { file, .. } | Failed(file))
                if self.player.owns(file) =>
            {
                if let Input::Storage(event) = input {
                    self.play(now, Input::Storage(event));
                }
            }
            Input::Storage(event @ (Opened { .. } | Data { .. } | Failed(_))) => {
                self.record(now, Input::Storage(event));
            }
            Input::Storage(event) => {
                self.record(now, Input::Storage(event));
                self.play(now, Input::Storage(event));
            }
            Input::Audio { side, samples } => self.record(now, Input::Audio { side, samples }),
            Input::Timeout => self.play(now, Input::Timeout),
            Input::Datagram { .. } | Input::Tcp { .. } | Input::Ras { .. } => {}
        }
        Ok(())
    }

    fn poll_output(&mut self) -> Option<Output<'_>> {
        self.outbox.poll()
    }

    fn poll_timeout(&self) -> Option<(Instant, TimeoutReason)> {
        self.player.poll_timeout()
    }
}

impl Role for UsbPhone {
    fn order(words: &str) -> Result<Order, String> {
        let (verb, rest) = words.split_once(' ').unwrap_or((words, ""));
        let order = match (verb, rest) {
            ("start", "") => Order::Local(local::Command::Start),
            ("pause", "") => Order::Local(local::Command::Pause),
            ("resume", "") => Order::Local(local::Command::Resume),
            ("stop", "") => Order::Local(local::Command::Stop),
            ("call-ended", "") => Order::Local(local::Command::CallEnded),
            ("play", name) if !name.is_empty() => {
                Order::Play(playback::Command::Play(name.to_owned()))
            }
            ("seek", second) => match second.parse() {
                Ok(second) => Order::Play(playback::Command::Seek(second)),
                Err(_) => return Err(format!("{second:?} is no second: write seek 5")),
            },
            ("pause-playing", "") => Order::Play(playback::Command::Pause),
            ("resume-playing", "") => Order::Play(playback::Command::Resume),
            ("stop-playing", "") => Order::Play(playback::Command::Stop),
            _ => {
                return Err(format!(
                    "{words:?} is no order to a USB phone: it takes start, pause, resume, stop, \
                     call-ended, play FILE, seek SECOND, pause-playing, resume-playing and \
                     stop-playing"
                ));
            }
        };
        Ok(order)
    }

    fn sample_rate(&self) -> Option<u32> {
        Some(Codec::from_name(&self.config.codec).map_or(8_000, Codec::sample_rate))
    }

    fn listens(&self, _: u16) -> bool {
        false
    }

    fn states(&self) -> Vec<(&'static str, &'static str)> {
        vec![
            (LocalState::DIAGRAM.machine, self.recorder.state().name()),
            (PlaybackState::DIAGRAM.machine, self.player.state().name()),
        ]
    }

    fn timers(&self) -> Vec<(&'static str, Duration)> {
        Vec::new()
    }

    fn diagrams() -> Vec<&'static Diagram> {
        vec![LocalState::DIAGRAM, PlaybackState::DIAGRAM]
    }
}
